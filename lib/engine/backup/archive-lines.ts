/**
 * Results in walk order: files are read by several threads and come back out of order, but lines, sections and stamps must follow the archive's
 * order. A queue holds what waits for a read; its front is written as soon as it is known.
 */
import { type Entry, formatEntryLine, mtimesEqual, parseEntryLine } from '../entry.ts'
import type { Finding } from '../finding.ts'
import type { WalkEntry } from '../workspace/walk.ts'
import type { ReadFailure, ReadNote } from './file-reader.ts'
import type { FrameSink } from './frame-sink.ts'
import type { PriorArchive } from './prior-archive.ts'
import { lineWithHead } from './read-task.ts'
import type { SectionAssembler } from './section-assembler.ts'
import { inodeKey, newStamps, RECORD_BYTES, type StampViews, stampViews, writeStamp } from './stamp.ts'
import type { StatCacheWriter } from './stat-cache.ts'

export interface ItemTotals {
  files: number
  contentBytes: number
}

/** A file that was read: its line, and its stamp's bytes. */
interface FileRead {
  line: string
  note: ReadNote | null
  stamp: Uint8Array
  /** The line is certainly the one that the archive before has for this entry; no need to look it up. */
  isAsBefore?: boolean
}

/** How reading a file ended. */
export type FileOutcome = FileRead | { failure: ReadFailure }

/** A file with several names: its first name is the file, later ones are hard links to it. */
interface LinkedFile {
  key: string
  /** Archive path of the name that is the file; null when that one could not be read or had become another file. */
  path: string | null
}

type Slot =
  | { kind: 'keep'; from: number; to: number }
  | { kind: 'describe'; live: WalkEntry; n: number | null }
  | { kind: 'link'; live: WalkEntry; n: number | null; file: LinkedFile }
  | { kind: 'file'; live: WalkEntry; n: number | null; file: LinkedFile | null; outcome: FileOutcome | null }

interface Parts {
  prior: PriorArchive
  /** Stamps of `prior`; null when there are none. */
  stamps: StampViews | null
  newStamps: StatCacheWriter
  sections: SectionAssembler
  openSink(): Promise<FrameSink>
  /** Reads a file here and now: a hard link whose first name failed. */
  readNow(live: WalkEntry, n: number | null): Promise<FileOutcome>
  onFinding(finding: Finding): void
  onFileRead(path: string, sizeBytes: number): void
}

/** Writes lines, sections and stamps in archive order. */
export class ArchiveLines {
  readonly totals = { files: 0, entries: 0, contentBytes: 0 }
  /** By item key. */
  readonly perItem = new Map<string, ItemTotals>()
  /** Slots from the number `written` on. */
  private slots: Slot[] = []
  private written = 0
  private next = 0
  private readonly linked = new Map<string, LinkedFile>()
  private readonly stamp = newStamps(1)
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Slots that still wait. */
  get waiting(): number {
    return this.slots.length - this.next
  }

  /** The entry has line `n` of the archive before. */
  keep(live: WalkEntry, n: number): void {
    this.count(live.itemKey, live.type === 'file', live.stat!.size)
    const last = this.slots.length > this.next ? this.slots.at(-1)! : null
    if (last?.kind === 'keep' && last.to === n) last.to = n + 1
    else this.slots.push({ kind: 'keep', from: n, to: n + 1 })
  }

  /** A folder or symlink. */
  describe(live: WalkEntry, n: number | null): void {
    this.count(live.itemKey, false, 0)
    this.slots.push({ kind: 'describe', live, n })
  }

  /** Room for a file that is to be read; returns its slot. A later name of a file already met needs no read (null). */
  file(live: WalkEntry, n: number | null): number | null {
    const { nlink, dev, ino } = live.stat!
    let file: LinkedFile | null = null
    if (nlink > 1) {
      const key = `${dev}:${ino}`
      const known = this.linked.get(key)
      if (known) {
        this.slots.push({ kind: 'link', live, n, file: known })
        return null
      }
      this.linked.set(key, (file = { key, path: live.path }))
    }
    this.slots.push({ kind: 'file', live, n, file, outcome: null })
    return this.written + this.slots.length - 1
  }

  /** How the read of a slot ended. */
  resolve(slot: number, outcome: FileOutcome): void {
    const waiting = this.slots[slot - this.written]
    if (waiting?.kind === 'file') waiting.outcome = outcome
  }

  /** Writes everything at the front that is known. */
  async advance(): Promise<void> {
    for (; this.next < this.slots.length; this.next++) {
      const slot = this.slots[this.next]!
      if (slot.kind === 'file' && slot.outcome === null) break
      await this.write(slot)
    }
    // What is written is let go, in large steps.
    if (this.next < 4096 && this.next < this.slots.length) return
    this.slots = this.slots.slice(this.next)
    this.written += this.next
    this.next = 0
  }

  private async write(slot: Slot): Promise<void> {
    switch (slot.kind) {
      case 'keep':
        this.parts.newStamps.add(this.parts.stamps!.bytes, slot.from * RECORD_BYTES, slot.to - slot.from)
        return this.parts.sections.keep(slot.from, slot.to)
      case 'describe':
        return this.writeDescribed(slot.live, slot.n, describedEntry(slot.live))
      case 'link':
        return this.writeLink(slot.live, slot.n, slot.file)
      case 'file':
        return this.writeFile(slot.live, slot.n, slot.file, slot.outcome!)
      default:
        slot satisfies never
    }
  }

  private async writeLink(live: WalkEntry, n: number | null, file: LinkedFile): Promise<void> {
    if (file.path === null) return this.writeFile(live, n, file, await this.parts.readNow(live, n))
    this.count(live.itemKey, true, 0)
    await this.writeDescribed(live, n, { ...describedEntry(live), type: 'hardlink', linkTarget: file.path })
  }

  private async writeFile(live: WalkEntry, n: number | null, file: LinkedFile | null, outcome: FileOutcome): Promise<void> {
    const isWhole = !('failure' in outcome)
    if (file) {
      const isSame = isWhole && inodeKey(viewsOf(outcome.stamp), 0) === file.key
      file.path = isSame ? live.path : null
    }
    if (!isWhole) {
      this.parts.onFinding(failedRead(live.path, outcome.failure))
      return
    }
    const sizeBytes = sizeOfLine(outcome.line)
    if (outcome.note) this.parts.onFinding(noted(live.path, outcome.note))
    this.parts.onFileRead(live.path, sizeBytes)
    this.count(live.itemKey, true, sizeBytes)
    this.parts.newStamps.add(outcome.stamp, 0)
    if (outcome.isAsBefore && n !== null) await this.parts.sections.keep(n, n + 1)
    else await this.putLine(live.path, outcome.line, n)
  }

  private async writeDescribed(live: WalkEntry, n: number | null, entry: Entry): Promise<void> {
    const before = n === null ? null : parseEntryLine(await this.parts.prior.line(n))
    if (before?.type === entry.type && mtimesEqual(before.mtimeNs, entry.mtimeNs)) entry.mtimeNs = before.mtimeNs
    writeStamp(this.stamp, 0, live.path, live.linkTarget, { ...live.stat!, type: entry.type }, null)
    this.parts.newStamps.add(this.stamp.bytes, 0)
    await this.putLine(live.path, await lineWithHead(entry, await this.parts.openSink()), n)
  }

  /** A line that is the one it was stays in its section. */
  private async putLine(path: string, line: string, n: number | null): Promise<void> {
    if (n !== null && (await this.parts.prior.line(n)) === line) await this.parts.sections.keep(n, n + 1)
    else await this.parts.sections.put(path, line)
  }

  private count(itemKey: string, isFile: boolean, sizeBytes: number): void {
    this.totals.entries++
    if (!isFile) return
    this.totals.files++
    this.totals.contentBytes += sizeBytes
    let sum = this.perItem.get(itemKey)
    if (!sum) this.perItem.set(itemKey, (sum = { files: 0, contentBytes: 0 }))
    sum.files++
    sum.contentBytes += sizeBytes
  }
}

/** The line that an entry had, when nothing in it but its frames could differ and its content is the same; its head is then stored already. */
export function sameLine(entry: Entry, prior: string | null): string | null {
  if (prior === null) return null
  const head = parseEntryLine(prior).frames[0]
  return head !== undefined && formatEntryLine({ ...entry, frames: [head, ...entry.frames] }) === prior ? prior : null
}

function describedEntry(live: WalkEntry): Entry {
  const { mtimeNs, mode, uid, gid } = live.stat!
  const type = live.type === 'symlink' ? 'symlink' : 'dir'
  return { path: live.path, type, sizeBytes: 0, mtimeNs, mode, uid, gid, sha256: null, frames: [], linkTarget: live.linkTarget }
}

const sizeOfLine = (line: string) => Number(line.slice(2, line.indexOf('\t', 2)))

/** A record on its own may start anywhere in its memory; numbers need it to start at a multiple of 8. */
const viewsOf = (record: Uint8Array) => stampViews(record.slice(0, RECORD_BYTES).buffer as ArrayBuffer)

function failedRead(path: string, failure: ReadFailure): Finding {
  const why = {
    vanished: 'was gone before it could be read',
    unreadable: `cannot be read (${failure.errno})`,
    not_regular: 'turned into something that is no regular file',
  }[failure.code]
  return { severity: 'warning', code: failure.code, path, message: `${path} ${why}.` }
}

function noted(path: string, note: ReadNote): Finding {
  if (note === 'grew')
    return {
      severity: 'info',
      code: 'grew',
      path,
      message: `${path} grew while it was read; it is archived to the length it had when it was opened.`,
    }
  return {
    severity: 'warning',
    code: 'changed_while_read',
    path,
    message: `${path} was rewritten each time it was read; what is archived may mix old and new.`,
  }
}
