'use client'
import { IconArrowsLeftRight, IconRestore } from '@tabler/icons-react'
import { useMemo } from 'react'
import { isArchiveId } from '#lib/base/ids.ts'
import { plural } from '#lib/base/plural.ts'
import { formatCount, formatDuration } from '#lib/base/units.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useKeys } from '#lib/client/use-keys.ts'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import type { Comparison, SideId } from '#lib/contracts/compare.ts'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, Findings, ICON, Reading } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { ChangeTree, orderedChanges } from './change-tree.tsx'
import './compare.css'
import { FilePane } from './file-pane.tsx'
import { SidePicker } from './side-picker.tsx'
import { useRecords } from './use-records.ts'

type WorkspaceId = `ws_${string}`

/** A and B, what differs, and the file that was chosen; all of it lives in the address. */
export function CompareView({ workspaceId }: { workspaceId: WorkspaceId }) {
  const { params } = useUrlState()
  const archives = useRead('listArchives', { workspace: workspaceId, limit: 100 })
  const rows = archives.data?.rows ?? []
  const a = sideIn(params.get('a')) ?? rows.find(({ kind }) => kind === 'backup')?.id ?? null
  const b = sideIn(params.get('b')) ?? 'live'
  if (archives.error && rows.length === 0) {
    return (
      <div className="page">
        <ErrorNote error={archives.error} again={() => void archives.refetch()} />
      </div>
    )
  }
  if (a === null) {
    return (
      <div className="page">
        <h1>Compare</h1>
        {archives.data ? <p className="empty">There is no archive to compare with yet. Back up first.</p> : <Reading rows={6} />}
      </div>
    )
  }
  return <Sides workspaceId={workspaceId} archives={rows} a={a} b={b} />
}

const sideIn = (value: string | null): SideId | null => (value !== null && (value === 'live' || isArchiveId(value)) ? value : null)

interface SidesProps {
  workspaceId: WorkspaceId
  archives: ArchiveSummary[]
  a: SideId
  b: SideId
}

function Sides({ workspaceId, archives, a, b }: SidesProps) {
  const { params, set } = useUrlState()
  const isSame = a === b
  const isFixed = a !== 'live' && b !== 'live'
  const options = { enabled: !isSame, staleTime: isFixed ? Number.POSITIVE_INFINITY : 30_000 }
  const { data, error, isFetching, refetch } = useRead('compare', { workspace: workspaceId, a, b, limit: 2000 }, options)
  const changes = useMemo(() => (data ? orderedChanges(data) : []), [data])
  const asked = params.get('path')
  const path = asked ?? (data ? defaultPath(data) : null)
  // What people come for is compared beside the whole, and not after it.
  const records = useRecords({ workspaceId, a, b, path: path ?? (data || isSame ? null : likelyPath(archives, a, b)), isFixed })
  const isPaneShown = data ? changes.length > 0 : asked !== null && !error && !isSame
  const show = (next: string | null) => set({ path: next, list: null, rec: null, offset: null })
  const swap = () => set({ a: b, b: a, rec: null })
  const step = (by: number) => () => {
    const at = changes.findIndex((change) => change.path === path)
    const next = changes[Math.max(0, Math.min(changes.length - 1, at + by))]
    if (next) show(next.path)
    return next !== undefined
  }
  useKeys({
    n: step(1),
    p: step(-1),
    s: () => {
      swap()
      return true
    },
    v: () => {
      set({ view: params.get('view') === 'text' ? null : 'text' })
      return true
    },
  })
  return (
    <div className="cm">
      <div className="ends">
        <SidePicker workspaceId={workspaceId} letter="A" side={a} archives={archives} onPick={(id) => set({ a: id, rec: null })} />
        <button type="button" className="ib bd" aria-label="Swap A and B" title="Swap A and B (S)" onClick={swap}>
          <IconArrowsLeftRight {...ICON} />
        </button>
        <SidePicker workspaceId={workspaceId} letter="B" side={b} archives={archives} onPick={(id) => set({ b: id, rec: null })} />
        <PlanLink workspaceId={workspaceId} a={a} />
      </div>
      <Summary data={data ?? null} isSame={isSame} isFetching={isFetching} a={a} b={b} again={() => void refetch()} />
      {error ? (
        <div className="cmerr">
          <ErrorNote error={error} again={() => void refetch()} />
        </div>
      ) : null}
      {isPaneShown ? (
        <div className="b3">
          {data ? (
            <ChangeTree comparison={data} changes={changes} shown={path} onShow={show} />
          ) : (
            <nav className="tc" aria-label="Changes">
              <Reading rows={8} what="Comparing…" />
            </nav>
          )}
          {path === null ? (
            <p className="empty pick">Choose a file to see what changed in it.</p>
          ) : (
            <FilePane
              key={`${a}${b}${path}`}
              workspaceId={workspaceId}
              a={a}
              b={b}
              path={path}
              records={records}
              onBack={() => show(null)}
            />
          )}
        </div>
      ) : null}
      {!data && !error && !isSame && !isPaneShown ? <Reading rows={8} what="Comparing…" /> : null}
      {data ? <Findings findings={data.findings} limit={5} /> : null}
    </div>
  )
}

/** What people come for: the state, else the config, when it differs. */
function defaultPath(data: Comparison | undefined): string | null {
  const critical = new Set(data?.items.filter(({ importance }) => importance === 'critical').map(({ key }) => key))
  const files = data?.changed.filter(({ itemKey, after }) => itemKey !== null && critical.has(itemKey) && after?.type === 'file') ?? []
  return (files.find(({ itemKey }) => itemKey !== 'config') ?? files[0])?.path ?? null
}

/** The same before anybody knows what differs. */
function likelyPath(archives: readonly ArchiveSummary[], a: SideId, b: SideId): string | null {
  const items = archives.find(({ id }) => id === a || id === b)?.items
  return items?.find(({ kind, importance, key }) => kind === 'file' && importance === 'critical' && key !== 'config')?.archiveName ?? null
}

function PlanLink({ workspaceId, a }: { workspaceId: WorkspaceId; a: SideId }) {
  const may = useMay('restore')
  if (a === 'live' || !may) return <span />
  return (
    <Link className="btn lg" href={`/w/${workspaceId}/restore?archive=${a}`}>
      <IconRestore {...ICON} />
      Plan restore to A
    </Link>
  )
}

interface SummaryProps {
  data: Comparison | null
  isSame: boolean
  isFetching: boolean
  a: SideId
  b: SideId
  again: () => void
}

function Summary({ data, isSame, isFetching, a, b, again }: SummaryProps) {
  return (
    <div className="sum">
      <p className="big" role="status">
        {isSame ? 'A and B are one archive. Choose another for one of them.' : data ? sentence(data) : 'Comparing…'}
      </p>
      {data ? (
        <dl>
          <div>
            <dt>Unchanged</dt>
            <dd>{data.summary.sameFiles === null ? '-' : plural(data.summary.sameFiles, 'file')}</dd>
          </div>
          <div>
            <dt>Took</dt>
            <dd>{formatDuration(data.durationMs)}</dd>
          </div>
        </dl>
      ) : null}
      {a === 'live' || b === 'live' ? (
        <button type="button" className="btn sm" disabled={isFetching} onClick={again}>
          {isFetching ? 'Reading…' : 'Read live again'}
        </button>
      ) : null}
      <CommandPopover command={`orchive diff ${a} ${b}`} />
    </div>
  )
}

function sentence({ summary: { added, changed, removed, sameFiles } }: Comparison): string {
  if (added + changed + removed === 0) return `A and B are the same${sameFiles === null ? '' : `: ${plural(sameFiles, 'file')}`}.`
  const parts = [
    [added, 'added'],
    [changed, 'changed'],
    [removed, 'removed'],
  ] as const
  const told = parts.filter(([count]) => count > 0)
  return `From A to B: ${told.map(([count, what], at) => `${at === 0 ? plural(count, 'entry', 'entries') : formatCount(count)} ${what}`).join(', ')}.`
}
