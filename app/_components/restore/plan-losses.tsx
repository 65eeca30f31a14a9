import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { RestorePlan } from '#lib/contracts/archive.ts'
import { SectionHead, Time, WideTable } from '../parts.tsx'
import { LostRecords } from './lost-records.tsx'
import { countOf as count } from './plan-counts.ts'

const LOST_SHOWN = 12

/** Live files that the restore takes the place of: what somebody may miss afterwards. */
export function PlanLosses({ plan, isInPlace }: { plan: RestorePlan; isInPlace: boolean }) {
  const replaced = count(plan, 'overwrite')
  const moved = count(plan, 'quarantine')
  const lines = plan.lines.filter(({ action }) => action === 'overwrite' || action === 'quarantine')
  const total = replaced + moved
  if (total === 0)
    return (
      <section aria-labelledby="lose">
        <SectionHead id="lose" title="What you would lose" />
        <p className="s">Nothing: no file is replaced or moved away.</p>
      </section>
    )
  return (
    <section className="stack" aria-labelledby="lose">
      <div className="sec lose">
        <h2 id="lose">What you would lose</h2>
        <span className="q">
          {plural(total, 'live version')}, kept in {isInPlace ? 'the safety archive and in quarantine' : 'quarantine'}
        </span>
      </div>
      {plan.losses ? <LostRecords losses={plan.losses} /> : null}
      <WideTable label="Live files that are replaced or moved away">
        <thead>
          <tr>
            <th>Path</th>
            <th>Why</th>
            <th className="r">Written</th>
            <th className="r">Now</th>
            <th className="r">After</th>
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, LOST_SHOWN).map((line) => (
            <tr key={line.targetPath}>
              <td className="mono brk">{line.targetPath}</td>
              <td className="s">{line.reason}</td>
              <td className="r s" data-label="written">
                {line.liveModifiedAt ? <Time iso={line.liveModifiedAt} /> : '-'}
              </td>
              <td className="r" data-label="now">
                {formatBytes(line.liveBytes)}
              </td>
              <td className="r" data-label="after">
                {line.action === 'quarantine' ? 'moved away' : formatBytes(line.sizeBytes)}
              </td>
            </tr>
          ))}
        </tbody>
      </WideTable>
      {total > LOST_SHOWN ? <p className="q">{formatCount(total - Math.min(LOST_SHOWN, lines.length))} more below.</p> : null}
    </section>
  )
}
