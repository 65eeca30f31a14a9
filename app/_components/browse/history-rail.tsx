'use client'
import Link from 'next/link'
import { formatBytes } from '#lib/base/units.ts'
import { plural } from '#lib/client/format.ts'
import { useRead } from '#lib/client/queries.ts'
import { ErrorNote, Reading, Time } from '../parts.tsx'
import { BreakFinder } from './break-finder.tsx'

interface Props {
  workspaceId: `ws_${string}`
  path: string
  /** Archive whose version is shown. */
  shownIn: string
  onSelect: (archiveId: string) => void
}

/** One entry for each distinct version of a file; identical copies are folded. */
export function HistoryRail({ workspaceId, path, shownIn, onSelect }: Props) {
  const { data, error, refetch } = useRead('history', { workspace: workspaceId, path })
  const archives = (data ?? []).reduce((sum, version) => sum + version.archives.length, 0)
  return (
    <aside className="hr" aria-label="Versions of this file">
      <h2 className="h">{data ? `${plural(data.length, 'version')} in ${plural(archives, 'archive')}` : 'Versions'}</h2>
      <p className="q">Identical copies are folded together</p>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {!data && !error ? <Reading rows={4} /> : null}
      <ol>
        {(data ?? []).map((version, i, versions) => {
          const newest = version.archives[0]
          const oldest = version.archives.at(-1)
          if (!newest || !oldest) return null
          const before = versions[i + 1]?.archives[0]
          const on = version.archives.some(({ id }) => id === shownIn)
          return (
            <li key={`${newest.id}${version.sha256}`}>
              <button type="button" className={on ? 'on' : ''} aria-pressed={on} onClick={() => onSelect(newest.id)}>
                <span className="fx">
                  <span className="b">
                    <Time iso={oldest.createdAt} />
                  </span>
                  <span className="sp" />
                  <span>{formatBytes(version.sizeBytes)}</span>
                </span>
                <span className="sub">
                  in {plural(version.archives.length, 'archive')}
                  {version.archives.length > 1 ? (
                    <>
                      , to <Time iso={newest.createdAt} />
                    </>
                  ) : null}
                </span>
              </button>
              {before ? (
                <Link className="link" href={`/w/${workspaceId}/compare?a=${before.id}&b=${oldest.id}&path=${encodeURIComponent(path)}`}>
                  What changed
                </Link>
              ) : null}
            </li>
          )
        })}
      </ol>
      <BreakFinder key={path} workspaceId={workspaceId} path={path} />
    </aside>
  )
}
