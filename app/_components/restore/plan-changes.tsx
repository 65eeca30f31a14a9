import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { RestoreAction, RestorePlan } from '#lib/contracts/archive.ts'
import { WideTable } from '../parts.tsx'
import { changesOf, countOf as count } from './plan-counts.ts'
import { TONE, WORDS } from './plan-words.ts'

/** What changes: all in all, then item by item. */
export const PlanChanges = ({ plan }: { plan: RestorePlan }) => (
  <>
    <Counts plan={plan} />
    <ItemTable plan={plan} />
  </>
)

function Counts({ plan }: { plan: RestorePlan }) {
  const shown = (Object.keys(WORDS) as RestoreAction[]).filter((action) => count(plan, action) > 0)
  return (
    <dl className="counts">
      {shown.map((action) => (
        <div key={action}>
          <dt>{WORDS[action]}</dt>
          <dd className={TONE[action] ?? ''}>{formatCount(count(plan, action))}</dd>
        </div>
      ))}
    </dl>
  )
}

function ItemTable({ plan }: { plan: RestorePlan }) {
  return (
    <WideTable label="Items of the plan">
      <thead>
        <tr>
          <th>Item</th>
          <th>Written to</th>
          <th className="r">Created</th>
          <th className="r">Replaced</th>
          <th className="r">Moved away</th>
          <th className="r">To write</th>
        </tr>
      </thead>
      <tbody>
        {plan.items.map((item) => (
          <tr key={item.key} className={changesOf(item) === 0 ? 'q' : ''}>
            <td>
              <span className="b">{item.label}</span> <span className="q">{item.importance}</span>
            </td>
            <td className="mono brk">{item.targetPath}</td>
            <Figure label="created" value={count(item, 'create')} tone="add" />
            <Figure label="replaced" value={count(item, 'overwrite')} tone="chg" />
            <Figure label="moved away" value={count(item, 'quarantine')} tone="del" />
            <td className="r" {...(changesOf(item) === 0 ? {} : { 'data-label': 'to write' })}>
              {changesOf(item) === 0 ? 'same' : formatBytes(item.bytesToWrite)}
            </td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  )
}

const Figure = ({ label, value, tone }: { label: string; value: number; tone: string }) => (
  <td className={`r ${value > 0 ? tone : 'q none'}`} data-label={label}>
    {formatCount(value)}
  </td>
)
