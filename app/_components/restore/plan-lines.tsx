import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { RestoreLine, RestorePlan } from '#lib/contracts/archive.ts'
import { WideTable } from '../parts.tsx'
import { TONE, WORDS } from './plan-words.ts'

/** Path by path what would be done, folded away. */
export function PlanLines({ plan }: { plan: RestorePlan }) {
  if (plan.lines.length === 0) return null
  return (
    <details>
      <summary>
        {plan.lines.length < plan.linesTotal
          ? `The first ${formatCount(plan.lines.length)} of ${plural(plan.linesTotal, 'path')} not equal to the archive`
          : `${plural(plan.linesTotal, 'path')} not equal to the archive`}
      </summary>
      <WideTable label="Lines of the plan" className="scroll">
        <thead>
          <tr>
            <th>Act</th>
            <th>Path</th>
            <th>Why</th>
            <th className="r">Now</th>
            <th className="r">After</th>
          </tr>
        </thead>
        <tbody>
          {plan.lines.map((line) => (
            <Line key={`${line.action}${line.targetPath}`} line={line} />
          ))}
        </tbody>
      </WideTable>
    </details>
  )
}

const Line = ({ line }: { line: RestoreLine }) => (
  <tr>
    <td className={TONE[line.action] ?? 's'}>{WORDS[line.action]}</td>
    <td className="mono brk">{line.targetPath}</td>
    <td className="s">{line.reason}</td>
    <td className="r" data-label="now">
      {formatBytes(line.liveBytes)}
    </td>
    <td className="r" data-label="after">
      {formatBytes(line.sizeBytes)}
    </td>
  </tr>
)
