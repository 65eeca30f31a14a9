import { readlinkSync } from 'node:fs'
import { type Entry, mtimesEqual } from '../entry.ts'
import { type RawPath, rawOfBytes, rawOfText } from '../raw-path.ts'
import type { LiveHashes } from './live-hashes.ts'
import { fsPathAt } from './open-folders.ts'
import type { ConflictMode, LiveStat, RestoreAction } from './restore-types.ts'

export interface Decision {
  action: RestoreAction
  reason: string
}

/** Where a live path lies while it is looked at. */
export interface LivePlace {
  folderFd: number
  name: RawPath
  /** The absolute path, as a key for what was hashed already. */
  path: RawPath
}

export interface DecideOptions {
  conflict: ConflictMode
  /** Compare content even when size and time agree: critical items and paths that somebody named. */
  mustHash: boolean
  /** Owners are compared only by who may set them. */
  ownersMatter: boolean
  hashes: LiveHashes
  /** Identity of what the entry's hard link target is on disk now; null = not there or not looked for. */
  linkedIno: bigint | null
}

/** What a restore does with an archived entry, given what lies at its place now. Folders keep what they hold; see the extras for that. */
export function decideEntry(entry: Entry, live: LiveStat | null, place: LivePlace, options: DecideOptions): Decision {
  if (live === null) return { action: 'create', reason: 'missing' }
  const found = compareWithLive(entry, live, place, options)
  return found.action === 'same' ? found : byMode(found, entry, live, options.conflict)
}

/** Permission bits, owner and time of a live path against an entry. */
export function attributesEqual(entry: Entry, live: LiveStat, ownersMatter: boolean): boolean {
  const modesEqual = entry.type === 'symlink' || entry.mode === live.mode
  return modesEqual && mtimesEqual(entry.mtimeNs, live.mtimeNs) && (!ownersMatter || (entry.uid === live.uid && entry.gid === live.gid))
}

function compareWithLive(entry: Entry, live: LiveStat, place: LivePlace, options: DecideOptions): Decision {
  if (entry.type === 'hardlink') {
    if (live.type === 'file' && live.ino === options.linkedIno) return { action: 'same', reason: 'linked already' }
    return { action: 'overwrite', reason: live.type === 'file' ? `is not linked to ${entry.linkTarget}` : IN_THE_WAY[live.type] }
  }
  if (live.type !== entry.type) return { action: 'overwrite', reason: IN_THE_WAY[live.type] }
  const equal = attributesEqual(entry, live, options.ownersMatter)
  switch (entry.type) {
    case 'dir':
      return equal ? SAME : { action: 'attributes', reason: 'its times, mode or owner differ' }
    case 'symlink': {
      const target = rawOfBytes(readlinkSync(fsPathAt(place.folderFd, place.name), { encoding: 'buffer' }))
      if (target !== rawOfText(entry.linkTarget ?? '')) return { action: 'overwrite', reason: 'points elsewhere' }
      return equal ? SAME : { action: 'attributes', reason: 'its time or owner differs' }
    }
    case 'file':
      return compareFile(entry, live, place, options, equal)
  }
}

function compareFile(entry: Entry, live: LiveStat, place: LivePlace, options: DecideOptions, equal: boolean): Decision {
  if (live.sizeBytes !== entry.sizeBytes)
    return { action: 'overwrite', reason: live.sizeBytes > entry.sizeBytes ? 'is longer now' : 'is shorter now' }
  const timesEqual = mtimesEqual(entry.mtimeNs, live.mtimeNs)
  if (!timesEqual || options.mustHash) {
    if (options.hashes.hash(place, live) !== entry.sha256) {
      return { action: 'overwrite', reason: timesEqual ? 'its content differs though size and time are equal' : 'its content differs' }
    }
  }
  return equal ? SAME : { action: 'attributes', reason: timesEqual ? 'its mode or owner differs' : 'same content, other time' }
}

function byMode(found: Decision, entry: Entry, live: LiveStat, conflict: ConflictMode): Decision {
  switch (conflict) {
    case 'overwrite':
      return found
    case 'skip':
      return { action: 'skip', reason: 'exists already' }
    case 'newer':
      if (entry.mtimeNs > live.mtimeNs && !mtimesEqual(entry.mtimeNs, live.mtimeNs)) return found
      return { action: 'skip', reason: mtimesEqual(entry.mtimeNs, live.mtimeNs) ? 'what is there is as new' : 'what is there is newer' }
    case 'fail':
      // A folder that is there already is no clash; what it holds may be.
      return entry.type === 'dir' && live.type === 'dir'
        ? { action: 'skip', reason: 'the folder exists' }
        : { action: 'conflict', reason: `exists: ${found.reason}` }
  }
}

const SAME: Decision = { action: 'same', reason: 'equal' }
const IN_THE_WAY: Record<LiveStat['type'], string> = {
  file: 'a file is in the way',
  dir: 'a folder is in the way',
  symlink: 'a symlink is in the way',
  other: 'a socket, pipe or device is in the way',
}
