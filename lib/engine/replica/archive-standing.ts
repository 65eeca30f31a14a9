/** What a retention plan needs to know about an archive, from its manifest and marks alone: the catalog of the host does not know what is only on a copy. */

import { saidOf } from '../prune/said-of.ts'
import { type Mark, suspicionOf } from '../repository/mark.ts'
import type { ArchiveFacts } from '../retention/archive-facts.ts'
import type { RememberedHead } from './place-memory.ts'

/** The facts of an archive as of a moment; `neededBy`: why a restore needs it. */
export function factsFromMarks(head: RememberedHead, marks: readonly Mark[], neededBy: string | null, nowMs: number): ArchiveFacts {
  const { hold, released, knownGoodUntilMs } = saidOf(marks)
  return {
    id: head.id,
    kind: head.kind,
    createdAtMs: Date.parse(head.createdAt),
    note: marks.findLast((mark) => mark.kind === 'note')?.text ?? head.note,
    grade: gradeOf(marks, nowMs),
    suspect: suspicionOf(marks) ?? false,
    accepted: marks.some(({ kind }) => kind === 'accept'),
    hold: hold !== null && !(hold.until !== null && Date.parse(hold.until) <= nowMs) ? hold : null,
    knownGoodUntilMs,
    neededBy,
    released,
  }
}

/** The highest rung that stands: passed, not lapsed, and no lower one failed since. 0 = a check failed, null = none says. */
function gradeOf(marks: readonly Mark[], nowMs: number): number | null {
  const last = new Map<number, Extract<Mark, { kind: 'grade' }>>()
  for (const mark of marks) if (mark.kind === 'grade') last.set(mark.level, mark)
  const rungs = [...last.values()]
  const stands = rungs.filter(
    (rung) =>
      rung.passed &&
      (rung.expiresAt === null || Date.parse(rung.expiresAt) > nowMs) &&
      !rungs.some((other) => !other.passed && other.level < rung.level && other.at >= rung.at),
  )
  if (stands.length > 0) return Math.max(...stands.map(({ level }) => level))
  return rungs.some(({ passed }) => !passed) ? 0 : null
}
