'use client'
import { Findings } from '#app/_components/parts.tsx'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { WorkspaceDetail } from '#lib/contracts/workspace.ts'

const KIND_WORD = { file: 'file', folder: 'folder', missing: 'missing', 'not-covered': 'not covered' } as const

/** Items as the config names them now, and every problem met on the way. */
export function ItemsTable({ workspace }: { workspace: Pick<WorkspaceDetail, 'items' | 'problems' | 'configChanges'> }) {
  const problems = [...workspace.problems, ...workspace.items.flatMap((item) => item.problems)]
  return (
    <div className="stack">
      {workspace.items.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by keyboard
        <section className="tw" aria-label="Items" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Item</th>
                <th scope="col">Importance</th>
                <th scope="col">Kind</th>
                <th scope="col" className="r">
                  Files
                </th>
                <th scope="col" className="r">
                  Size
                </th>
                <th scope="col">Path</th>
              </tr>
            </thead>
            <tbody>
              {workspace.items.map((item) => (
                <tr key={item.key}>
                  <td className="b">{item.label}</td>
                  <td>{item.importance}</td>
                  <td className={item.kind === 'missing' || item.kind === 'not-covered' ? 'warn' : ''}>{KIND_WORD[item.kind]}</td>
                  <td className="r">{formatCount(item.files)}</td>
                  <td className="r">{formatBytes(item.sizeBytes)}</td>
                  <td className="mono">{item.path ?? item.configured ?? '-'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
      {workspace.configChanges.map(({ key, before, after }) => (
        <p key={key} className="note warn">
          <span>
            <b>{key}</b> changed since the newest archive: {before ?? 'not set'} → {after ?? 'not set'}. The next archive follows it.
          </span>
        </p>
      ))}
      <Findings findings={problems} />
    </div>
  )
}
