'use client'
import { commandText } from '#lib/base/command-text.ts'
import { usePages, useRead } from '#lib/client/queries.ts'
import { useFocusKept } from '#lib/client/use-focus-kept.ts'
import Link from '../link.tsx'
import { OlderButton } from '../older-button.tsx'
import { CommandPopover, ErrorNote, Reading, SectionHead } from '../parts.tsx'
import { PruneCard } from './prune-card.tsx'
import { TrashTable } from './trash-table.tsx'
import './trash.css'

/** Forgotten archives of a workspace, how long they can be taken back, and the prune that frees their space. */
export function TrashView({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const trash = usePages('listTrash', { workspace: workspaceId })
  const overview = useRead('overview', { workspace: workspaceId })
  const page = useFocusKept()
  const rows = trash.data?.pages.flatMap((page) => page.rows) ?? []
  return (
    <div ref={page} tabIndex={-1} className="tv">
      <div className="phead">
        <h1>Trash</h1>
        <span className="q">{trash.data ? `${rows.length}${trash.hasNextPage ? ' or more' : ''} forgotten` : '-'}</span>
        <span className="sp" />
        <CommandPopover command={commandText(['orchive', 'trash', overview.data?.name ?? workspaceId])} />
        <Link className="btn" href={`/w/${workspaceId}/archives`}>
          All archives
        </Link>
      </div>
      {trash.error ? <ErrorNote error={trash.error} again={() => void trash.refetch()} /> : null}
      {trash.isPending ? <Reading rows={4} /> : null}
      {trash.data && rows.length === 0 ? (
        <p className="empty">The trash is empty. What is moved here can be taken back until it is pruned.</p>
      ) : null}
      {rows.length > 0 ? (
        <section aria-labelledby="trashed">
          <SectionHead id="trashed" title="Forgotten archives" aside="The one forgotten last first" />
          <TrashTable rows={rows} />
          <OlderButton pages={trash} />
        </section>
      ) : null}
      <PruneCard workspaceId={workspaceId} />
    </div>
  )
}
