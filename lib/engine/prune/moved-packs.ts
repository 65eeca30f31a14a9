/**
 * Since when packs lie in the trash. A prune notes what it is about to move, durable before the first move: a note may name packs that were never moved, a
 * pack without a note is as if it was moved just now, so that nothing is ever thought to have lain there longer than it has.
 */
import { randomBytes } from 'node:crypto'
import { isAppError } from '#lib/base/errors.ts'
import { decodeTrashNote, encodeSummedLine } from '../repository/summed-line.ts'
import type { Storage } from '../storage/storage.ts'

const FOLDER = 'trash/moved/'

interface Note {
  /** ISO 8601 UTC. */
  at: string
  /** Names of packs, as they are in `packs/`. */
  packs: string[]
}

/** Notes packs that are about to be moved. */
export async function noteMoved(storage: Storage, packs: readonly string[], at: string): Promise<void> {
  const note: Note = { at, packs: [...packs] }
  await storage.put(`${FOLDER}${at.replace(/[^0-9]/g, '')}-${randomBytes(4).toString('hex')}.json`, encodeSummedLine(note))
}

/** When each pack was moved last, in milliseconds; and the notes that name none of `trashed` any more. */
export async function readMoved(
  storage: Storage,
  trashed: ReadonlySet<string>,
): Promise<{ movedMs: Map<string, number>; stale: string[] }> {
  const movedMs = new Map<string, number>()
  const stale: string[] = []
  for await (const { name } of storage.list(FOLDER)) {
    const note = await storage.get(name).then(parse, nullIfDamaged)
    if (!note?.packs.some((pack) => trashed.has(pack))) stale.push(name)
    for (const pack of note?.packs ?? []) movedMs.set(pack, Math.max(movedMs.get(pack) ?? 0, Date.parse(note!.at)))
  }
  return { movedMs, stale }
}

/** A note of a sealed repository that does not open says as much as one that cannot be parsed. */
function nullIfDamaged(error: unknown): null {
  if (isAppError(error) && error.code === 'repository_damaged') return null
  throw error
}

/** Null for a note that is damaged; one of the first versions has no sum. */
function parse(bytes: Buffer): Note | null {
  const note = decodeTrashNote(bytes) as Note | null
  return Array.isArray(note?.packs) && !Number.isNaN(Date.parse(note.at)) ? note : null
}
