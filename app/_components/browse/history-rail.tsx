'use client'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { usePages } from '#lib/client/queries.ts'
import Link from '../link.tsx'
import { OlderButton } from '../older-button.tsx'
import { ErrorNote, Reading, Time } from '../parts.tsx'
import { BreakFinder } from './break-finder.tsx'

interface Props {
  workspaceId: `ws_${string}`
  path: string
  /** Archive whose version is shown. */
  shownIn: `arc_${string}`
  onSelect: (archiveId: string) => void
}

/** One entry for each distinct version of a file; identical copies are folded. */
export function HistoryRail({ workspaceId, path, shownIn, onSelect }: Props) {
  const pages = usePages('history', { workspace: workspaceId, path, archive: shownIn }, { keep: true })
  const { data, error, refetch, hasNextPage } = pages
  const versions = (data?.pages ?? []).flatMap((page) => page.rows)
  const archives = versions.reduce((sum, version) => sum + version.archives, 0)
  return (
    <aside className="hr" aria-label="Versions of this file">
      <h2 className="h">
        {data ? `${plural(versions.length, 'version')}${hasNextPage ? ' or more' : ''} in ${plural(archives, 'archive')}` : 'Versions'}
      </h2>
      <p className="q">Identical copies are folded together</p>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {!data && !error ? <Reading rows={4} /> : null}
      <ol>
        {versions.map(({ newest, oldest, archives: count, isShown: on, ...version }, i) => {
          const before = versions[i + 1]?.newest
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
                  in {plural(count, 'archive')}
                  {count > 1 ? (
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
      <OlderButton pages={pages} label="Show older versions" />
      <BreakFinder key={path} workspaceId={workspaceId} path={path} />
    </aside>
  )
}
