import { formatBytes } from '#lib/base/units.ts'
import { formatTime } from '#lib/client/format.ts'
import type { RestoreLine, RestorePlan } from '#lib/contracts/archive.ts'

/** A path that stands otherwise in the fresh plan than in the one that was reviewed. */
export interface PlanDifference {
  targetPath: string
  what: string
}

const isAtStake = ({ action }: RestoreLine) => action === 'overwrite' || action === 'quarantine' || action === 'conflict'

/** What changed between two plans of the same restore, in words; only the lines that plans show are compared. */
export function planDifferences(reviewed: RestorePlan, fresh: RestorePlan): PlanDifference[] {
  const before = linesOf(reviewed)
  const after = linesOf(fresh)
  const found: PlanDifference[] = []
  for (const [targetPath, line] of after) {
    const old = before.get(targetPath)
    if (!old || old.action !== line.action) found.push({ targetPath, what: newlyAtStake(line) })
    else if (old.liveBytes !== line.liveBytes || old.liveModifiedAt !== line.liveModifiedAt)
      found.push({ targetPath, what: rewritten(old, line) })
  }
  for (const [targetPath] of before) if (!after.has(targetPath)) found.push({ targetPath, what: 'is not replaced any more' })
  return found
}

const linesOf = (plan: RestorePlan) => new Map(plan.lines.filter(isAtStake).map((line) => [line.targetPath, line]))

const newlyAtStake = (line: RestoreLine): string =>
  line.action === 'quarantine' ? 'would be moved away now' : `would be replaced now: ${line.reason}`

function rewritten(old: RestoreLine, line: RestoreLine): string {
  const at = line.liveModifiedAt === null ? '' : ` at ${formatTime(line.liveModifiedAt)}`
  const [then, now] = [formatBytes(old.liveBytes), formatBytes(line.liveBytes)]
  return then === now ? `was written${at}` : `was written${at}, ${then} then, ${now} now`
}
