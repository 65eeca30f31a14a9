import { formatDuration } from '#lib/base/units.ts'
import { getEvidence } from '#lib/services/evidence/get-evidence.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { prepareCatalog } from '../named.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'

/** `evidence [W]` */
export async function evidence(run: Run, args: string[]): Promise<void> {
  const { ctx, out } = run
  const workspace = pickWorkspace(ctx, args[0])
  await prepareCatalog(run)
  const found = getEvidence(ctx, { workspaceId: workspace.id, limit: 100 })
  if (out.isJson) return out.document(found)
  out.line(`${found.workspace}, ${found.generatedAt}`)
  out.line(found.isRecoverable ? out.color.green(found.verdict) : out.color.red(found.verdict))
  if (found.archives.length > 0) out.line()
  const levels = [1, 2, 3, 4, 5]
  const rows = found.archives.map(({ id, createdAt, grade, gradeExpiresAt, rungs }) => [
    id,
    shortTime(createdAt),
    grade === null ? '-' : `L${grade}`,
    ...levels.map((level) => {
      const rung = rungs.find((one) => one.level === level)
      return rung ? (rung.passed ? shortTime(rung.checkedAt) : out.color.red('failed')) : '-'
    }),
    gradeExpiresAt === null ? '-' : shortTime(gradeExpiresAt),
  ])
  if (rows.length > 0) out.table(['ARCHIVE', 'CAPTURED (UTC)', 'GRADE', 'L1', 'L2', 'L3', 'L4', 'L5', 'LAPSES'], rows)
  if (found.drills.length > 0) out.line()
  const drills = found.drills.map((drill) => [
    drill.jobId,
    shortTime(drill.startedAt),
    drill.verdict,
    formatDuration(drill.durationMs),
    drill.archiveId,
  ])
  if (drills.length > 0) out.table(['DRILL', 'AT (UTC)', 'VERDICT', 'TOOK', 'ARCHIVE'], drills)
  for (const { message } of found.gaps) out.warn('warning', message)
  for (const { from, to, archives, lacks } of found.unrestorable) {
    const why = archives === 0 ? 'no archive was taken' : `archives of these days lack: ${lacks.join(', ')}`
    out.warn('warning', `No restorable state ${from === to ? `on ${from}` : `from ${from} to ${to}`}: ${why}.`)
  }
  for (const { archiveId, actor, at, reason } of found.exceptions)
    out.warn('note', `${archiveId} was accepted by ${actor} on ${at}: ${reason}`)
}
