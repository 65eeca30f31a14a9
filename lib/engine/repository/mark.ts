/** Marks: immutable notes about an archive, one small JSON object each; the last of a kind wins. Its last field is the SHA-256 of what stands before. */
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { checksWith } from '../checked-values.ts'
import type { Finding } from '../finding.ts'
import type { LaterOptions, Storage } from '../storage/storage.ts'
import { findingsOf } from './manifest-fields.ts'
import { decodeSummedLine, encodeSummedLine } from './summed-line.ts'

interface MarkHead {
  /** ISO 8601 UTC. */
  at: string
  actor: string
}

/** What can be said about an archive after it was taken. */
export type MarkInput = MarkHead &
  (
    | { kind: 'hold'; reason: string; until: string | null }
    | { kind: 'release'; reason: string }
    | { kind: 'suspect'; reason: string; findings: Finding[] }
    | { kind: 'accept'; reason: string }
    | { kind: 'grade'; level: 1 | 2 | 3 | 4 | 5; passed: boolean; durationMs: number; expiresAt: string | null; findings: Finding[] }
    | { kind: 'note'; text: string }
    | { kind: 'forget'; reason: string }
    | { kind: 'unforget'; reason: string }
  )

/** A mark with its place in the order of the archive's marks, from 1. */
export type Mark = MarkInput & { seq: number }

/** Whether an archive is suspect after these marks, oldest first: what was accepted later is not, what was found later is again. Null = no mark says. */
export function suspicionOf(marks: readonly Pick<Mark, 'kind'>[]): boolean | null {
  const last = marks.findLast(({ kind }) => kind === 'suspect' || kind === 'accept')
  return last ? last.kind === 'suspect' : null
}

const wrong = (what: string) => new Error(`It ${what}.`)
const check = checksWith(wrong)
const folderOf = (id: ArchiveId) => `marks/${id}/`

/** Reads a stored mark; throws `repository_damaged` naming it. */
export function decodeMark(name: string, stored: Buffer): Mark {
  const [, seq, kind] = /\/(\d{6})-([a-z]+)\.json$/.exec(name) ?? []
  try {
    const mark = check.object(decodeSummedLine(stored), 'a line that matches its checksum')
    if (mark.kind !== kind) throw wrong('is of another kind than its name says')
    check.time(mark.at, 'at')
    check.string(mark.actor, 'actor')
    expectFields(mark)
    return { ...(mark as unknown as MarkInput), seq: Number(seq) }
  } catch (error) {
    throw new AppError('repository_damaged', {
      message: `The mark ${name} is damaged.`,
      hint: 'The archive itself is not affected. Look for a copy of the repository that still has it.',
      cause: error,
    })
  }
}

/** A checksum says that it is as it was written, not who wrote it. A kind that a later version made is kept as it is. */
function expectFields(mark: Record<string, unknown>): void {
  switch (mark.kind as MarkInput['kind']) {
    case 'hold':
      check.orNull(mark.until, check.time, 'until')
      check.string(mark.reason, 'reason')
      return
    case 'suspect':
      findingsOf(mark.findings)
      check.string(mark.reason, 'reason')
      return
    case 'grade':
      check.oneOf(mark.level, [1, 2, 3, 4, 5], 'level')
      check.oneOf(mark.passed, [true, false], 'passed')
      check.whole(mark.durationMs, 'durationMs')
      check.orNull(mark.expiresAt, check.time, 'expiresAt')
      findingsOf(mark.findings)
      return
    case 'note':
      check.string(mark.text, 'text')
      return
    case 'release':
    case 'accept':
    case 'forget':
    case 'unforget':
      check.string(mark.reason, 'reason')
  }
}

/** All marks of an archive, oldest first. */
export async function readMarks(storage: Storage, id: ArchiveId): Promise<Mark[]> {
  const names: string[] = []
  for await (const { name } of storage.list(folderOf(id))) names.push(name)
  const marks: Mark[] = []
  for (const name of names.sort()) marks.push(decodeMark(name, await storage.get(name)))
  return marks.sort((a, b) => a.seq - b.seq)
}

/** Writes the next mark of an archive. Two writers at once get two numbers: the loser of a race takes the next. */
export async function writeMark(storage: Storage, id: ArchiveId, mark: MarkInput): Promise<Mark> {
  let seq = 1
  for await (const { name } of storage.list(folderOf(id))) seq = Math.max(seq, Number(/\/(\d{6})-/.exec(name)?.[1] ?? 0) + 1)
  for (; ; seq++) {
    try {
      await storage.put(`${folderOf(id)}${String(seq).padStart(6, '0')}-${mark.kind}.json`, encodeSummedLine(mark))
      return { ...mark, seq }
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'object_exists') throw error
    }
  }
}

/** Removes all marks of an archive that is not listed. */
export async function removeMarks(storage: Storage, id: ArchiveId, options?: LaterOptions): Promise<void> {
  const names: string[] = []
  for await (const { name } of storage.list(folderOf(id))) names.push(name)
  for (const name of names) await storage.remove(name, options)
}
