'use client'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { WorkspaceDetail } from '#lib/contracts/workspace.ts'
import { Findings, WideTable } from '../parts.tsx'

const STATE = { file: 'file', folder: 'folder', missing: 'missing', 'not-covered': 'not covered' } as const

/** The items a config names, where they lie and how large they are. */
export function WorkspaceItems({ detail }: { detail: WorkspaceDetail }) {
  return (
    <div className="stack">
      <WideTable label="Items">
        <thead>
          <tr>
            <th>Item</th>
            <th>Found</th>
            <th>Path</th>
            <th className="r">Files</th>
            <th className="r">Size</th>
          </tr>
        </thead>
        <tbody>
          {detail.items.map((item) => (
            <tr key={item.key}>
              <td>
                <span className="b">{item.label}</span> <span className="q">{item.importance}</span>
              </td>
              <td className={item.kind === 'missing' || item.kind === 'not-covered' ? 'warn' : 's none'}>{STATE[item.kind]}</td>
              <td className="mono brk">{item.path ?? item.configured ?? '-'}</td>
              <td className="r" data-label={item.files === 1 ? 'file' : 'files'}>
                {formatCount(item.files)}
              </td>
              <td className="r">{formatBytes(item.sizeBytes)}</td>
            </tr>
          ))}
        </tbody>
      </WideTable>
      <Findings findings={[...detail.problems, ...detail.items.flatMap((item) => item.problems)]} />
      {detail.configChanges.length > 0 ? (
        <p className="warn">Config paths changed since the newest archive: {detail.configChanges.map(({ key }) => key).join(', ')}</p>
      ) : null}
    </div>
  )
}
