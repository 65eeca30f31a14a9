'use client'
import { formatCount } from '#lib/base/units.ts'
import type { RestoreLosses } from '#lib/contracts/archive.ts'

type ItemLosses = RestoreLosses['items'][number]

/** Records of live JSON items that the archive lacks or has otherwise, list by list. */
export function LostRecords({ losses }: { losses: RestoreLosses }) {
  const items = losses.items.filter(({ lists, valuesCount, reason }) => lists.length + valuesCount > 0 || reason !== null)
  if (items.length === 0) return null
  return (
    <ul className="lostr">
      {items.map((item) => (
        <li key={item.targetPath}>
          <b>{item.label}</b>
          {item.reason === null ? <Lists item={item} /> : <span className="warn">{item.reason}</span>}
        </li>
      ))}
    </ul>
  )
}

function Lists({ item }: { item: ItemLosses }) {
  return (
    <span className="lists">
      {item.lists.map((list) => (
        <span key={list.key} title={list.lost.map(({ id, title }) => title ?? id).join(', ')}>
          {list.key === '' ? 'records' : list.key} {list.lostCount > 0 ? <span className="del">−{formatCount(list.lostCount)}</span> : null}{' '}
          {list.changedCount > 0 ? <span className="chg">~{formatCount(list.changedCount)}</span> : null}
        </span>
      ))}
      {item.valuesCount > 0 ? (
        <span className="q">
          and {item.values.slice(0, 3).join(', ')}
          {item.valuesCount > 3 ? ` and ${formatCount(item.valuesCount - 3)} more` : ''}
        </span>
      ) : null}
    </span>
  )
}
