'use client'
import { useDebouncedValue } from '@mantine/hooks'
import { plural } from '#lib/base/plural.ts'
import { useRead } from '#lib/client/queries.ts'
import type { PolicyDraft, RetentionDefault } from '#lib/contracts/retention.ts'
import Link from '../link.tsx'
import { SectionHead, WideTable } from '../parts.tsx'
import { DRAFT_FIELDS } from './retention-draft.ts'

/** What each workspace keeps, what of that is its own, and how many archives a review would propose to let go. */
export function InheritedTable({ rules, draft }: { rules: RetentionDefault; draft: PolicyDraft }) {
  if (rules.workspaces.length === 0) return <p className="empty">No workspace yet. What is set here counts for the first one.</p>
  return (
    <section aria-labelledby="inherit">
      <SectionHead id="inherit" title="Workspaces" aside="their own values in bold" />
      <WideTable label="What each workspace keeps">
        <thead>
          <tr>
            <th>Workspace</th>
            {DRAFT_FIELDS.map(({ field, label }) => (
              <th key={field} className="r">
                {label}
              </th>
            ))}
            <th>With this default</th>
          </tr>
        </thead>
        <tbody>
          {rules.workspaces.map((row) => (
            <Row key={row.workspaceId} row={row} draft={draft} />
          ))}
        </tbody>
      </WideTable>
    </section>
  )
}

function Row({ row: { workspaceId, workspace, policy, own }, draft }: { row: RetentionDefault['workspaces'][number]; draft: PolicyDraft }) {
  const inherited: PolicyDraft = Object.fromEntries(Object.entries(draft).filter(([field]) => !own.includes(field)))
  const [asked] = useDebouncedValue(inherited, 250)
  const { data, error } = useRead('simulateRetention', { workspace: workspaceId, ...asked }, { keep: true })
  return (
    <tr>
      <td>
        <Link className="link" href={`/w/${workspaceId}/retention`}>
          {workspace}
        </Link>
      </td>
      {DRAFT_FIELDS.map(({ field, label }) => {
        const value = inherited[field] ?? policy[field]
        const isOwn = own.includes(field)
        return (
          <td
            key={field}
            className={`r ${isOwn ? 'b' : value === policy[field] ? 's' : 'acc'}`}
            data-label={label.toLowerCase()}
            title={isOwn ? 'its own' : 'default'}
          >
            {value}
          </td>
        )
      })}
      <td className="q">
        {error
          ? error.message
          : data
            ? `keeps ${data.plan.archives.length - data.plan.forgetCount}, would let ${plural(data.plan.forgetCount, 'archive')} go`
            : 'Reading…'}
      </td>
    </tr>
  )
}
