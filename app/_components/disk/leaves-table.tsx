'use client'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { OffloadPlan, StaysReason } from '#lib/contracts/disk.ts'
import { SectionHead, Time, WideTable } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { STAYS_WORDS } from './disk-words.ts'

/** What leaves the disk, by what belongs together or file by file, and why the rest stays. */
export function LeavesTable({ plan }: { plan: OffloadPlan }) {
  const { params, set } = useUrlState()
  const { totals } = plan
  const isList = params.get('files') === '1'
  return (
    <section aria-labelledby="dleaves">
      <SectionHead id="dleaves" title="Leaves the disk" aside={totals.files === 0 ? undefined : headText(plan)}>
        {totals.files === 0 ? null : (
          <button type="button" className="link" aria-pressed={isList} onClick={() => set({ files: isList ? null : '1' })}>
            {isList ? 'Show by group' : `Show ${plural(totals.files, 'file')}`}
          </button>
        )}
      </SectionHead>
      {totals.files === 0 ? (
        <p className="empty">
          Nothing leaves by this policy. Files that may leave would be listed here; choose fewer days, or let packs leave.
        </p>
      ) : isList ? (
        <FileRows plan={plan} />
      ) : (
        <GroupRows plan={plan} />
      )}
      <StaysList stays={plan.stays} />
    </section>
  )
}

function headText({ totals }: OffloadPlan): string {
  const head = `${formatBytes(totals.bytes)} in ${plural(totals.files, 'file')}`
  if (totals.onlyCopyFiles === 0) return `${head}, all of it in an archive at L3 or better already`
  return `${head}; ${formatCount(totals.onlyCopyFiles)} of them in no archive at L3 or better yet`
}

function GroupRows({ plan }: { plan: OffloadPlan }) {
  return (
    <WideTable label="Groups of files that leave">
      <thead>
        <tr>
          <th>Files</th>
          <th className="r">Size</th>
          <th className="r">Files</th>
          <th>Archived in</th>
          <th className="r">Last written</th>
        </tr>
      </thead>
      <tbody>
        {plan.groups
          .filter(({ leavesFiles }) => leavesFiles > 0)
          .map((group) => (
            <tr key={`${group.itemKey}${group.name}`}>
              <td className="b">{group.name}</td>
              <td className="r" data-label="Size">
                {formatBytes(group.leavesBytes)}
              </td>
              <td className="r" data-label="Files">
                {formatCount(group.leavesFiles)}
              </td>
              <td className="s" data-label="Archived in">
                <ArchivedIn at={group.archivedAt} missing={group.onlyCopyFiles} />
              </td>
              <td className="r s" data-label="Last written">
                {group.lastWrittenAt ? <Time iso={group.lastWrittenAt} /> : '-'}
              </td>
            </tr>
          ))}
      </tbody>
    </WideTable>
  )
}

function ArchivedIn({ at, missing }: { at: string | null; missing: number }) {
  if (at === null) return <>no archive at L3 yet</>
  return (
    <>
      <Time iso={at} />
      {missing === 0 ? null : `, ${formatCount(missing)} of them in none`}
    </>
  )
}

function FileRows({ plan }: { plan: OffloadPlan }) {
  return (
    <>
      <WideTable label="Files that leave" className="scroll">
        <thead>
          <tr>
            <th>File</th>
            <th className="r">Size</th>
            <th>Archived in</th>
            <th className="r">Last written</th>
          </tr>
        </thead>
        <tbody>
          {plan.files.map((file) => (
            <tr key={file.path}>
              <td className="mono brk">{file.path}</td>
              <td className="r" data-label="Size">
                {formatBytes(file.sizeBytes)}
              </td>
              <td className="s" data-label="Archived in">
                {file.archives === 0 ? 'no archive at L3 yet' : plural(file.archives, 'archive')}
              </td>
              <td className="r s" data-label="Last written">
                <Time iso={file.mtime} />
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
      {plan.files.length < plan.totals.files ? (
        <p className="q">
          The first {formatCount(plan.files.length)} of {plural(plan.totals.files, 'file')}; `orchive recover disk --dry-run --json` lists
          all.
        </p>
      ) : null}
    </>
  )
}

function StaysList({ stays }: { stays: OffloadPlan['stays'] }) {
  const rows = Object.entries(stays).filter(([, { files }]) => files > 0)
  if (rows.length === 0) return null
  return (
    <details className="dk-stays">
      <summary>What stays, and why</summary>
      <ul>
        {rows.map(([reason, { files, bytes }]) => (
          <li key={reason}>
            {plural(files, 'file')}, {formatBytes(bytes)}: {STAYS_WORDS[reason as StaysReason]}
          </li>
        ))}
      </ul>
    </details>
  )
}
