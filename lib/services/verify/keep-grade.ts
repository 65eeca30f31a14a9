import { toAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Finding } from '#lib/engine/finding.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { absorbMarks } from '../catalog/absorb-archive.ts'
import type { ServiceContext } from '../context.ts'
import type { JobReporter } from '../jobs/run-as-job.ts'

const DAY_MS = 86_400_000
/** A proof counts this long. */
export const PROOF_MS = 30 * DAY_MS
/** The proof of a drill: longer than the longest month, so that a monthly drill follows on the one before. */
export const DRILL_PROOF_MS = 35 * DAY_MS
/** A mark keeps this many findings; the rest is in the job. */
const FINDINGS_A_MARK = 50

/** What was found out at one level. */
export interface KeptRung {
  level: 1 | 2 | 3 | 4 | 5
  passed: boolean
  durationMs: number
  findings: Finding[]
}

/** Until when a level that passed now counts. */
export const proofEnd = (level: number, nowMs: number): string => new Date(nowMs + (level === 5 ? DRILL_PROOF_MS : PROOF_MS)).toISOString()

/** Each rung as a mark in the repository and in the catalog. A repository that cannot be written now keeps the old grade; the result stands. */
export async function keepGrade(
  ctx: ServiceContext,
  repository: Repository,
  archiveId: ArchiveId,
  rungs: readonly KeptRung[],
  reporter: JobReporter,
): Promise<void> {
  const nowMs = ctx.clock.nowMs()
  const head = { at: new Date(nowMs).toISOString(), actor: ctx.actor.name }
  try {
    for (const { level, passed, durationMs, findings } of rungs) {
      const expiresAt = proofEnd(level, nowMs)
      const facts = { level, passed, durationMs: Math.round(durationMs), expiresAt, findings: findings.slice(0, FINDINGS_A_MARK) }
      await repository.addMark(archiveId, { kind: 'grade', ...head, ...facts })
    }
    await ctx.withCatalog((catalogDb) => absorbMarks({ repository, catalogDb }, archiveId))
  } catch (error) {
    reporter.log('warning', `The grade of ${archiveId} could not be kept: ${toAppError(error).message}`)
  }
}
