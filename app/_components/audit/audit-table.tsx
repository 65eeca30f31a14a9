'use client'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { AuditLine } from '#lib/contracts/audit.ts'
import { Time, WideTable } from '../parts.tsx'

/** Lines of the log, newest first. Objects that are still there are called by their names. */
export function AuditTable({ rows }: { rows: AuditLine[] }) {
  const workspaces = useRead('listWorkspaces', {}).data ?? []
  const people = useRead('listPeople', {}, { enabled: useMay('users') }).data?.people ?? []
  const names = new Map<string, string>([...workspaces, ...people].map(({ id, name }) => [id, name]))
  return (
    <WideTable label="Audit log">
      <thead>
        <tr>
          <th scope="col">#</th>
          <th scope="col">At (UTC)</th>
          <th scope="col">Who</th>
          <th scope="col">Did</th>
          <th scope="col">On what</th>
          <th scope="col">Details</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.seq}>
            <td className="q">{row.seq}</td>
            <td className="nw">
              <Time iso={row.at} />
            </td>
            <td>
              {row.actor}
              <p className="q">
                {row.role}, {row.via}
                {row.address ? `, ${row.address}` : ''}
              </p>
            </td>
            <td className="mono">{row.action}</td>
            <td>
              {row.objectKind}
              {row.objectId ? <ObjectName id={row.objectId} name={names.get(row.objectId)} /> : null}
            </td>
            <td className="q brk det">
              <Detail text={detailText(row.detail)} />
            </td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  )
}

function ObjectName({ id, name }: { id: string; name: string | undefined }) {
  if (name !== undefined)
    return (
      <p className="ell oid" title={id}>
        {name}
      </p>
    )
  return (
    <p className="q mono ell oid" title={id}>
      {id}
    </p>
  )
}

/** More than this is cut to two lines until it is opened, so that the list stays a list. */
const SHORT = 110

function Detail({ text }: { text: string }) {
  if (text.length <= SHORT) return text
  return (
    <details>
      <summary>{text}</summary>
    </details>
  )
}

/** What is null or empty says nothing. */
function detailText(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('; ')
}
