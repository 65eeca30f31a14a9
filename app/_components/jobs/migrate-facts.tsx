'use client'
import { Fragment } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { MigrationReportSchema } from '#lib/contracts/migration.ts'
import Link from '../link.tsx'

/** What a migration wrote, and whether workspaces use the new repository now. */
export function MigrateFacts({ result }: { result: unknown }) {
  const parsed = MigrationReportSchema.safeParse(result)
  if (!parsed.success) return <pre className="mono raw">{JSON.stringify(result, null, 2)}</pre>
  const { from, to, isEncrypted, isSwitched, workspaces, replicas, archives, written, leftOut, writtenBytes } = parsed.data
  return (
    <div className="stack">
      <p className="note ok">
        {isSwitched
          ? `The new repository is in use${workspaces.length > 0 ? ` by ${workspaces.join(', ')}` : ''}. The old one is kept as it was, and nothing is written there any more.`
          : 'Everything is in the new repository and was read back. The old one is still in use: start it again with the change-over to take along what came since.'}
      </p>
      <dl className="kv">
        <dt>From</dt>
        <dd className="mono brk">{from}</dd>
        <dt>To</dt>
        <dd className="brk">
          <span className="mono">{to}</span>, {isEncrypted ? 'encrypted' : 'not encrypted'}
        </dd>
        <dt>Archives</dt>
        <dd>
          {plural(archives, 'archive')}, {written.length} of them by this run
          {leftOut.length > 0 ? `; left out: ${leftOut.join(', ')}` : ''}
        </dd>
        <dt>Written</dt>
        <dd>{formatBytes(writtenBytes)}, read back whole</dd>
        {replicas.map((replica) => (
          <Fragment key={replica.name}>
            <dt>Replica {replica.name}</dt>
            <dd className="brk">
              {replica.to === null ? (
                <span className="warn">needs another place: {replica.why}</span>
              ) : (
                <>
                  goes on at <span className="mono">{replica.to}</span>
                </>
              )}
              ; <span className="mono">{replica.from}</span> keeps copies of the old repository
            </dd>
          </Fragment>
        ))}
      </dl>
      <p>
        <Link className="link" href="/settings/repository">
          Repository and keys
        </Link>
      </p>
    </div>
  )
}
