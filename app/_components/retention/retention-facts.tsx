'use client'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { ApplyResultSchema } from '#lib/contracts/retention.ts'
import Link from '../link.tsx'

const LISTED = 100

/** What applying a proposal did. */
export function RetentionFacts({ result, base }: { result: unknown; base: string | null }) {
  const parsed = ApplyResultSchema.safeParse(result)
  if (!parsed.success) return <pre className="mono raw">{JSON.stringify(result, null, 2)}</pre>
  const { proposal, forgotten, reclaimBytes, policyChanged } = parsed.data
  return (
    <div className="stack">
      <p className="note ok">{plural(forgotten.length, 'archive')} moved to trash, exactly as approved.</p>
      <dl className="kv">
        <dt>Proposal</dt>
        <dd>
          {base === null ? (
            proposal
          ) : (
            <Link className="link mono" href={`${base}/retention/${proposal}`}>
              {proposal}
            </Link>
          )}
        </dd>
        <dt>Comes free</dt>
        <dd>
          {formatBytes(reclaimBytes)}, once they leave the{' '}
          {base === null ? (
            'trash'
          ) : (
            <Link className="link" href={`${base}/archives/trash`}>
              trash
            </Link>
          )}
        </dd>
        <dt>Policy</dt>
        <dd>{policyChanged ? 'That of the proposal holds from now on' : 'As it was'}</dd>
      </dl>
      <details>
        <summary>Which ones</summary>
        <ul>
          {forgotten.slice(0, LISTED).map((id) => (
            <li key={id} className="mono">
              {id}
            </li>
          ))}
          {forgotten.length > LISTED ? <li className="q">{forgotten.length - LISTED} more, in the proposal</li> : null}
        </ul>
      </details>
    </div>
  )
}
