'use client'
import { pluralWord } from '#lib/base/plural.ts'
import { formatCount } from '#lib/base/units.ts'
import { ImportReportSchema } from '#lib/contracts/import.ts'
import Link from '../link.tsx'
import { WideTable } from '../parts.tsx'

/** What came in of which file, and what did not. */
export function ImportFacts({ result, base }: { result: unknown; base: string | null }) {
  const parsed = ImportReportSchema.safeParse(result)
  if (!parsed.success) return <pre className="mono raw">{JSON.stringify(result, null, 2)}</pre>
  const { imported, refused } = parsed.data
  return (
    <WideTable label="Imported files">
      <thead>
        <tr>
          <th>File</th>
          <th>Archive</th>
          <th className="r">Files</th>
          <th>Lacks</th>
        </tr>
      </thead>
      <tbody>
        {imported.map((one) => (
          <tr key={one.file}>
            <td className="mono brk">{one.file}</td>
            <td>
              {base === null ? (
                <span className="mono">{one.archiveId}</span>
              ) : (
                <Link className="link mono" href={`${base}/archives?sel=${one.archiveId}`}>
                  {one.archiveId}
                </Link>
              )}
              {one.isNew ? null : <span className="q"> was there already</span>}
            </td>
            <td className="r" data-label={pluralWord(one.files, 'file')}>
              {formatCount(one.files)}
            </td>
            <td>{one.lacks.length > 0 ? <span className="warn">{one.lacks.join(', ')}</span> : <span className="q">nothing</span>}</td>
          </tr>
        ))}
        {refused.map((one) => (
          <tr key={one.file}>
            <td className="mono brk">{one.file}</td>
            <td className="bad" colSpan={3}>
              {one.message}
            </td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  )
}
