'use client'
import { useEffect, useRef } from 'react'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { plural } from '#lib/base/plural.ts'
import { useRead } from '#lib/client/queries.ts'
import type { HostSource } from '#lib/contracts/host.ts'
import { PathText, SectionHead } from '../parts.tsx'

/** Which of several workspaces comes back to the folder that was named; or all of them, each to where it lay. */
export function ChooseWorkspace({ source, onPick, onAll }: { source: HostSource; onPick(id: WorkspaceId): void; onAll(): void }) {
  const shown = useRef<HTMLElement>(null)
  useEffect(() => {
    shown.current?.scrollIntoView({ block: 'center' })
  }, [])
  const known = useRead('listWorkspaces', {}).data ?? []
  const places = useRead('listRepositories', {}).data?.places
  const held = source.kind === 'place' ? places?.find(({ id }) => id === source.placeId)?.workspaces : undefined
  const offered = held ? known.filter(({ id }) => held.some((one) => one.id === id)) : known
  return (
    <section ref={shown} className="stack" aria-labelledby="several">
      <SectionHead id="several" title={`${offered.length} workspaces can come back`} aside="choose the one that goes to that folder" />
      <div className="fx wrap">
        <button type="button" className="btn" onClick={onAll}>
          Plan all of them
        </button>
        <span className="q">Each to where it lay.</span>
      </div>
      <div className="tw">
        <table className="fold">
          <thead>
            <tr>
              <th>Workspace</th>
              <th>Lay at</th>
              <th className="r">Archives</th>
              <th aria-label="Choose" />
            </tr>
          </thead>
          <tbody>
            {offered.map(({ id, name, root }) => (
              <tr key={id}>
                <td className="b">{name}</td>
                <td>
                  <PathText path={root} />
                </td>
                <td className="r">{archivesText(held?.find((one) => one.id === id)?.archives)}</td>
                <td className="r">
                  <button type="button" className="btn sm" onClick={() => onPick(id)}>
                    Plan {name}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

const archivesText = (archives: number | undefined) => (archives === undefined ? '-' : plural(archives, 'archive'))
