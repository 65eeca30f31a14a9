/** What a retention plan needs to know about an archive, from its manifest and marks alone: the catalog of the host does not know what is only on a copy. */

import { gradeOfRungs } from '#lib/base/rungs.ts'
import { rungsOf, saidOf } from '../prune/said-of.ts'
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
    grade: gradeOfRungs(rungsOf(marks), nowMs)?.grade ?? null,
    suspect: suspicionOf(marks) ?? false,
    accepted: marks.some(({ kind }) => kind === 'accept'),
    hold: hold !== null && !(hold.until !== null && Date.parse(hold.until) <= nowMs) ? hold : null,
    knownGoodUntilMs,
    neededBy,
    released,
  }
}
