'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { Comparison, EntryChange } from '#lib/contracts/compare.ts'

type Item = Comparison['items'][number]
type Row = { kind: 'item'; item: Item } | { kind: 'change'; change: EntryChange }

const SIGNS = { added: '+', changed: '~', removed: '−' } as const
const TONES = { added: 'add', changed: 'chg', removed: 'del' } as const
const ROW_PX = 28

/** All listed changes, item by item as the items come, paths in order. */
export function orderedChanges(comparison: Comparison): EntryChange[] {
  const rank = new Map(comparison.items.map(({ key }, i) => [key, i]))
  const place = ({ itemKey }: EntryChange) => rank.get(itemKey ?? 'other') ?? rank.size
  const all = [...comparison.added, ...comparison.changed, ...comparison.removed]
  return all.sort((x, y) => place(x) - place(y) || (x.path < y.path ? -1 : 1))
}

interface Props {
  comparison: Comparison
  changes: readonly EntryChange[]
  shown: string | null
  onShow: (path: string) => void
}

/** Items with their counts, and below each what changed in it. Rows are made only where they can be seen. */
export function ChangeTree({ comparison, changes, shown, onShow }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const rows = useMemo(() => rowsOf(comparison, changes), [comparison, changes])
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW_PX, overscan: 20 })
  return (
    <nav className="tc" aria-label="Changes">
      <div className="th">
        <span>Item</span>
        <span className="n">+</span>
        <span className="n">~</span>
        <span className="n">−</span>
      </div>
      <div className="tcs" ref={box}>
        <ul style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index]!
            return (
              <li key={index} style={{ transform: `translateY(${start}px)` }}>
                {row.kind === 'item' ? (
                  <ItemRow item={row.item} />
                ) : (
                  <ChangeRow change={row.change} isShown={row.change.path === shown} onShow={onShow} />
                )}
              </li>
            )
          })}
        </ul>
      </div>
      {comparison.unlisted > 0 ? <p className="q more">{formatCount(comparison.unlisted)} more are counted, but not listed here.</p> : null}
    </nav>
  )
}

function rowsOf(comparison: Comparison, changes: readonly EntryChange[]): Row[] {
  const rows: Row[] = []
  for (const item of comparison.items) {
    rows.push({ kind: 'item', item })
    for (const change of changes) if ((change.itemKey ?? 'other') === item.key) rows.push({ kind: 'change', change })
  }
  return rows
}

function ItemRow({ item }: { item: Item }) {
  const isSame = item.added + item.changed + item.removed === 0
  return (
    <span className={`it ${isSame ? 'same' : ''}`}>
      <span className="nm ell">{item.label}</span>
      {isSame ? (
        <span className="sm">same</span>
      ) : (
        <>
          <span className="n add">{item.added ? `+${formatCount(item.added)}` : ''}</span>
          <span className="n chg">{item.changed ? `~${formatCount(item.changed)}` : ''}</span>
          <span className="n del">{item.removed ? `−${formatCount(item.removed)}` : ''}</span>
        </>
      )}
    </span>
  )
}

function ChangeRow({ change, isShown, onShow }: { change: EntryChange; isShown: boolean; onShow: (path: string) => void }) {
  const slash = change.path.indexOf('/')
  const side = change.after ?? change.before
  return (
    <button
      type="button"
      className={`chr ${isShown ? 'sel' : ''}`}
      aria-pressed={isShown}
      title={`${change.path}, ${change.kind}${change.parts.length > 0 ? `: ${change.parts.join(', ')}` : ''}`}
      onClick={() => onShow(change.path)}
    >
      <span className={`sg ${TONES[change.kind]}`} aria-hidden="true">
        {SIGNS[change.kind]}
      </span>
      <span className="vh">{change.kind}</span>
      <span className="nm ell">
        {/* Cut at the front, so that names that begin alike can be told apart. */}
        <bdi>
          {slash === -1 ? change.path : change.path.slice(slash + 1)}
          {side?.type === 'dir' ? '/' : ''}
        </bdi>
      </span>
      <span className="n q">{side?.type === 'file' ? formatBytes(side.sizeBytes) : ''}</span>
    </button>
  )
}
