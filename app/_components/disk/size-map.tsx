'use client'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { layOutTreemap } from '#lib/client/treemap.ts'
import type { OffloadGroup, OffloadPlan } from '#lib/contracts/disk.ts'
import { SectionHead, WideTable } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'

/** Width of the map over its height on a wide screen. */
const ASPECT = 2.4
/** Below these shares of the map a name does not fit. */
const LEAST_WIDTH = 11
const LEAST_HEIGHT = 13

/** What takes space in the items whose files may leave: a map, or the same as a table. */
export function SizeMap({ plan, isReading }: { plan: OffloadPlan; isReading: boolean }) {
  const { params, set } = useUrlState()
  const isTable = params.get('view') === 'table'
  if (plan.groups.length === 0)
    return <p className="empty">No log or knowledge pack is here. What takes space there would be shown as a map.</p>
  return (
    <section aria-labelledby="dmap">
      <SectionHead id="dmap" title="Logs and knowledge packs by size" aside={isReading ? 'Reading…' : undefined}>
        <span className="sp" />
        <span className="dk-leg" aria-hidden="true">
          <i className="dk-tm go" /> Leaves the disk <i className="dk-tm" /> Stays
        </span>
        <button type="button" className="link" aria-pressed={isTable} onClick={() => set({ view: isTable ? null : 'table' })}>
          {isTable ? 'Show as map' : 'Show as table'}
        </button>
      </SectionHead>
      {isTable ? <GroupTable plan={plan} /> : <TileMap plan={plan} />}
    </section>
  )
}

interface Piece {
  group: OffloadGroup
  leaves: boolean
  bytes: number
  files: number
}

/** A group of which a part leaves is two pieces. */
function piecesOf(groups: readonly OffloadGroup[]): Piece[] {
  return groups.flatMap((group) => [
    { group, leaves: true, bytes: group.leavesBytes, files: group.leavesFiles },
    { group, leaves: false, bytes: group.bytes - group.leavesBytes, files: group.files - group.leavesFiles },
  ])
}

function TileMap({ plan }: { plan: OffloadPlan }) {
  const items = plan.items.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes)
  const total = items.reduce((sum, { bytes }) => sum + bytes, 0)
  const leaving = plan.items.map(
    ({ label, leavesFiles, leavesBytes }) => `${label}: ${formatBytes(leavesBytes)} in ${plural(leavesFiles, 'file')} leave`,
  )
  return (
    <div className="dk-maps" role="img" aria-label={`Map of sizes. ${leaving.join('. ')}. The table says the same.`}>
      {items.map((item) => {
        const share = Math.max(0.16, item.bytes / total)
        const tiles = layOutTreemap(
          piecesOf(plan.groups.filter(({ itemKey }) => itemKey === item.key)),
          ({ bytes }) => bytes,
          ASPECT * share,
        )
        return (
          <div key={item.key} style={{ flexGrow: share }}>
            <p className="q ell">
              {item.label}, {formatBytes(item.bytes)} in {plural(item.files, 'file')}
            </p>
            <div className="dk-tmw">
              {tiles.map(({ value: { group, leaves, bytes, files }, left, top, width, height }) => {
                const text = `${group.name}, ${formatBytes(bytes)}, ${plural(files, 'file')}, ${leaves ? 'leaves the disk' : 'stays'}`
                return (
                  <span
                    key={`${group.name}${leaves}`}
                    className={`dk-tm ${leaves ? 'go' : ''}`}
                    title={text}
                    style={{ left: `${left}%`, top: `${top}%`, width: `calc(${width}% - 2px)`, height: `calc(${height}% - 2px)` }}
                  >
                    {width * share > LEAST_WIDTH && height > LEAST_HEIGHT ? (
                      <>
                        <b className="ell">{group.name}</b>
                        <span className="ell">
                          {formatBytes(bytes)}, {plural(files, 'file')}
                        </span>
                      </>
                    ) : null}
                  </span>
                )
              })}
            </div>
          </div>
        )
      })}
    </div>
  )
}

function GroupTable({ plan }: { plan: OffloadPlan }) {
  const labels = new Map(plan.items.map(({ key, label }) => [key, label]))
  return (
    <WideTable label="Logs and knowledge packs by size">
      <thead>
        <tr>
          <th>Files</th>
          <th>Item</th>
          <th className="r">Size</th>
          <th className="r">Files</th>
          <th className="r">Leaves</th>
        </tr>
      </thead>
      <tbody>
        {plan.groups.map((group) => (
          <tr key={`${group.itemKey}${group.name}`}>
            <td className="b">{group.name}</td>
            <td className="s" data-label="Item">
              {labels.get(group.itemKey)}
            </td>
            <td className="r" data-label="Size">
              {formatBytes(group.bytes)}
            </td>
            <td className="r" data-label="Files">
              {group.files}
            </td>
            <td className="r" data-label="Leaves">
              {group.leavesFiles === 0 ? 'nothing' : `${formatBytes(group.leavesBytes)} in ${plural(group.leavesFiles, 'file')}`}
            </td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  )
}
