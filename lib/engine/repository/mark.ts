/** Marks: immutable notes about an archive, one small JSON object each; the last of a kind wins. Its last field is the SHA-256 of what stands before. */
import { createHash } from 'node:crypto'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Finding } from '../finding.ts'
import type { Storage } from '../storage/storage.ts'

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

const folderOf = (id: ArchiveId) => `marks/${id}/`

/** The stored form: one JSON line, then the SHA-256 of that line. */
function encodeMark(mark: MarkInput): Buffer {
  const line = `${JSON.stringify(mark)}\n`
  return Buffer.from(`${line}${createHash('sha256').update(line).digest('hex')}\n`)
}

/** Reads a stored mark; throws `repository_damaged` naming it. */
export function decodeMark(name: string, stored: Buffer): Mark {
  const match = /\/(\d{6})-([a-z]+)\.json$/.exec(name)
  const text = stored.toString('utf8')
  const lineEnd = text.indexOf('\n') + 1
  const line = text.slice(0, lineEnd)
  if (
    !match ||
    text.slice(lineEnd) !== `${createHash('sha256').update(line).digest('hex')}\n` ||
    Buffer.byteLength(text) !== stored.length
  ) {
    throw new AppError('repository_damaged', {
      message: `The mark ${name} is damaged.`,
      hint: 'The archive itself is not affected. Look for a copy of the repository that still has it.',
    })
  }
  return { ...(JSON.parse(line) as MarkInput), seq: Number(match[1]) }
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
      await storage.put(`${folderOf(id)}${String(seq).padStart(6, '0')}-${mark.kind}.json`, encodeMark(mark))
      return { ...mark, seq }
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'object_exists') throw error
    }
  }
}

/** Removes all marks of an archive that was never listed. */
export async function removeMarks(storage: Storage, id: ArchiveId): Promise<void> {
  const names: string[] = []
  for await (const { name } of storage.list(folderOf(id))) names.push(name)
  for (const name of names) await storage.remove(name)
}
