/**
 * What lies in a repository, without looking at every object each time somebody asks. Objects are never changed once they are there, so a folder whose own
 * time stands still holds what it held, and in one that changed only names that are new have to be looked at.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '#lib/base/clock.ts'

/** Objects of a repository that are not its own writers' scratch. */
export interface FolderSize {
  bytes: number
  packs: number
}

interface KnownFolder extends FolderSize {
  mtimeNs: bigint
  /** Whether the time was old enough when the folder was read that a later change must have given it another. */
  isSettled: boolean
  sizes: Map<string, number>
  folders: string[]
}

/** A folder's time counts in ticks of some milliseconds; what was changed so recently may change once more within one. */
const SETTLED_MS = 2000
/** Marks are a folder an archive of some hundred bytes, locks and unfinished objects come and go. */
const NOT_COUNTED = new Set(['marks', 'locks', 'tmp'])

const known = new Map<string, KnownFolder>()

/** Bytes and packs below the folder of a repository; nothing for one that cannot be read. */
export function folderSize(path: string): FolderSize {
  const size = { bytes: 0, packs: 0 }
  const folders = [path]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const held = look(folder)
    if (!held) continue
    size.bytes += held.bytes
    size.packs += held.packs
    for (const name of held.folders) if (folder !== path || !NOT_COUNTED.has(name)) folders.push(join(folder, name))
  }
  return size
}

function look(folder: string): KnownFolder | null {
  try {
    const { mtimeNs, mtimeMs } = statSync(folder, { bigint: true })
    const before = known.get(folder)
    if (before?.isSettled && before.mtimeNs === mtimeNs) return before
    const held: KnownFolder = {
      mtimeNs,
      isSettled: systemClock.realNowMs() - Number(mtimeMs) > SETTLED_MS,
      sizes: new Map(),
      folders: [],
      bytes: 0,
      packs: 0,
    }
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) {
        held.folders.push(entry.name)
        continue
      }
      const bytes = before?.sizes.get(entry.name) ?? statSync(join(folder, entry.name), { throwIfNoEntry: false })?.size
      // Gone since the folder was listed.
      if (bytes === undefined) continue
      held.sizes.set(entry.name, bytes)
      held.bytes += bytes
      if (entry.name.endsWith('.pack')) held.packs++
    }
    known.set(folder, held)
    return held
  } catch {
    known.delete(folder)
    return null
  }
}
