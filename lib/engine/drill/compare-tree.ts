/** Reads a restored tree back from disk and holds it against the lines of the manifest. */
import { chmodSync, closeSync, constants, type Dirent, lstatSync, openSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { errnoOf } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Entry } from '../entry.ts'
import { hashDescriptor } from '../hash-descriptor.ts'
import { fsPath, joinRaw, type RawPath, rawOfBytes, rawOfString, textOfRaw } from '../raw-path.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import { safeRawPath } from '../restore/safe-path.ts'
import { readEntries } from '../verify/read-entries.ts'
import type { FindingList } from '../verify/verify-types.ts'

export interface CompareTreeInput {
  reader: ArchiveReader
  manifest: Manifest
  /** Absolute folder that holds the archive's own paths. */
  root: string
  signal?: AbortSignal | undefined
  onEntry?: ((path: string, bytes: number) => void) | undefined
}

const BUFFER_BYTES = 1024 * 1024
/** Work between two turns of the event loop, so that a cancel is heard. */
const TURN_BYTES = 32 * 1024 * 1024
const TURN_ENTRIES = 500
const isRoot = process.geteuid?.() === 0
/** Only root may keep set-user and set-group bits of others. */
const MODE_MASK = isRoot ? 0o7777 : 0o1777

/** Each entry is there with its type, mode and content, and nothing else is. Returns what was read. */
export async function compareTree(input: CompareTreeInput, findings: FindingList): Promise<{ files: number; bytes: number }> {
  const base = rawOfString(input.root)
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  const read = { files: 0, bytes: 0 }
  let entries = 0
  let sinceTurn = 0
  for await (const entry of readEntries(input.reader, input.manifest, findings)) {
    throwIfCancelled(input.signal)
    entries++
    const bytes = compareEntry(entry, base, buffer, findings)
    if (entry.type === 'file') read.files++
    read.bytes += bytes
    sinceTurn += bytes + TURN_BYTES / TURN_ENTRIES
    input.onEntry?.(entry.path, bytes)
    if (sinceTurn < TURN_BYTES) continue
    sinceTurn = 0
    await turn()
  }
  const there = countBelow(base)
  if (there > entries) {
    findings.add('error', 'entries_extra', null, `The restored copy holds ${there} files, folders and links, the archive ${entries}.`)
  }
  return read
}

/** Bytes of content that were read. */
function compareEntry(entry: Entry, base: RawPath, buffer: Buffer, findings: FindingList): number {
  const bad = (code: string, message: string) => findings.add('error', code, entry.path, message)
  const raw = joinRaw(base, safeRawPath(entry.path))
  const stat = lookAt(raw)
  if (stat === null) {
    bad('entry_missing', `${entry.path} is not in the restored copy.`)
    return 0
  }
  const expected = entry.type === 'hardlink' ? 'file' : entry.type
  if (typeOf(stat) !== expected) {
    bad('type_differs', `${entry.path} came back as ${typeOf(stat)}, the archive says ${entry.type}.`)
    return 0
  }
  if (entry.type === 'symlink') {
    const to = textOfRaw(rawOfBytes(readlinkSync(fsPath(raw), { encoding: 'buffer' })))
    if (to !== entry.linkTarget) bad('link_differs', `${entry.path} leads to ${to}, the archive says ${entry.linkTarget}.`)
    return 0
  }
  if (entry.type === 'hardlink') {
    if (lookAt(joinRaw(base, safeRawPath(entry.linkTarget!)))?.ino !== stat.ino)
      bad('link_differs', `${entry.path} does not share its content with ${entry.linkTarget}.`)
    return 0
  }
  const [mode, wanted] = [stat.mode & MODE_MASK, entry.mode & MODE_MASK]
  if (mode !== wanted) bad('mode_differs', `${entry.path} came back with mode ${mode.toString(8)}, the archive says ${wanted.toString(8)}.`)
  // Compared already: now it may be opened up, or nothing below it could be read.
  if (!isRoot && entry.type === 'dir' && (stat.mode & 0o700) !== 0o700) chmodSync(fsPath(raw), stat.mode | 0o700)
  return entry.type === 'file' ? compareContent(entry, raw, stat, buffer, bad) : 0
}

function compareContent(entry: Entry, raw: RawPath, stat: Stats, buffer: Buffer, bad: (code: string, message: string) => void): number {
  if (!isRoot && (stat.mode & 0o400) === 0) chmodSync(fsPath(raw), stat.mode | 0o400)
  const fd = openSync(fsPath(raw), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { sha256, sizeBytes } = hashDescriptor(fd, buffer)
    if (sizeBytes !== entry.sizeBytes)
      bad('length_differs', `${entry.path} came back with ${sizeBytes} bytes, the archive says ${entry.sizeBytes}.`)
    else if (sha256 !== entry.sha256)
      bad(
        'content_differs',
        `${entry.path} came back with SHA-256 ${sha256.slice(0, 16)}…, the archive says ${entry.sha256!.slice(0, 16)}….`,
      )
    return sizeBytes
  } finally {
    closeSync(fd)
  }
}

function lookAt(raw: RawPath): Stats | null {
  try {
    return lstatSync(fsPath(raw))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null
    throw error
  }
}

function typeOf(stat: Stats | Dirent): string {
  return stat.isFile() ? 'file' : stat.isDirectory() ? 'dir' : stat.isSymbolicLink() ? 'symlink' : 'something else'
}

function countBelow(folder: RawPath): number {
  let count = 0
  for (const entry of readdirSync(fsPath(folder), { withFileTypes: true, encoding: 'buffer' })) {
    count += 1 + (entry.isDirectory() ? countBelow(joinRaw(folder, rawOfBytes(entry.name))) : 0)
  }
  return count
}
