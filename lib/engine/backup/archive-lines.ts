/**
 * Results in walk order: files are read by several threads and come back out of order, but lines, sections and stamps must follow the archive's
 * order. A queue holds what waits for a read; its front is written as soon as it is known.
 */
import type { Entry, FrameId } from '../entry.ts'
import { formatEntryLine } from '../entry.ts'
import type { Finding } from '../finding.ts'
import { frameIdOf } from '../repository/frame.ts'
import type { PackWriter } from '../repository/pack.ts'
import { encodeRawFrame } from '../repository/raw-frame.ts'
import { topName } from '../repository/section.ts'
import { encodeHead } from '../tar/head.ts'
import type { WalkEntry } from '../workspace/walk.ts'
import type { PriorLine } from './prior-lines.ts'
import type { FileOutcome } from './read-file.ts'
import type { SectionAssembler } from './section-assembler.ts'
import type { StatCache, StatCacheWriter } from './stat-cache.ts'

export interface Totals {
  files: number
  entries: number
  contentBytes: number
}

type Slot =
  | { kind: 'keep'; prior: PriorLine }
  | { kind: 'describe'; live: WalkEntry; prior: PriorLine | null }
  | { kind: 'file'; live: WalkEntry; prior: PriorLine | null; outcome: FileOutcome | null }

interface Parts {
  packs: PackWriter
  sections: SectionAssembler
  stamps: StatCache | null
  newStamps: StatCacheWriter
  onFinding(finding: Finding): void
  onFile(path: string, sizeBytes: number): void
}

/** Writes lines, sections and stamps in archive order. */
export class ArchiveLines {
  readonly totals: Totals = { files: 0, entries: 0, contentBytes: 0 }
  readonly perItem = new Map<string, { files: number; contentBytes: number }>()
  private readonly slots: Slot[] = []
  private first = 0
  /** dev:ino of files with several links → archive path of the first. */
  private readonly links = new Map<string, string>()
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Slots that still wait. */
  get waiting(): number {
    return this.slots.length - this.first
  }

  keep(prior: PriorLine): void {
    this.slots.push({ kind: 'keep', prior })
  }

  describe(live: WalkEntry, prior: PriorLine | null): void {
    this.slots.push({ kind: 'describe', live, prior })
  }

  /** Room for a file that is being read; returns its slot. A later name of a file already met is a hard link and needs no read (null). */
  file(live: WalkEntry, prior: PriorLine | null): number | null {
    const stat = live.stat!
    if (stat.nlink > 1) {
      const key = `${stat.dev}:${stat.ino}`
      if (this.links.has(key)) {
        this.slots.push({ kind: 'describe', live, prior })
        return null
      }
      this.links.set(key, live.path)
    }
    this.slots.push({ kind: 'file', live, prior, outcome: null })
    return this.slots.length - 1
  }

  /** The outcome of a read. */
  resolve(slot: number, outcome: FileOutcome): void {
    const waiting = this.slots[slot]
    if (waiting?.kind === 'file') waiting.outcome = outcome
  }

  /** Writes everything at the front that is known. */
  async advance(): Promise<void> {
    while (this.first < this.slots.length) {
      const slot = this.slots[this.first]!
      if (slot.kind === 'file' && slot.outcome === null) return
      await this.write(slot)
      this.slots[this.first++] = WRITTEN
    }
  }

  private async write(slot: Slot): Promise<void> {
    switch (slot.kind) {
      case 'keep':
        return this.writeKept(slot.prior)
      case 'describe':
        return this.writeEntry(describedEntry(slot.live, this.links), slot.prior, null)
      case 'file':
        return this.writeFile(slot.live, slot.prior, slot.outcome!)
    }
  }

  private async writeKept(prior: PriorLine): Promise<void> {
    this.count(prior.path, prior.type === 'f' || prior.type === 'h', prior.sizeBytes)
    if (this.parts.stamps && prior.n < this.parts.stamps.count) this.parts.stamps.copyTo(prior.n, this.parts.newStamps)
    else this.parts.newStamps.add(null)
    await this.parts.sections.keep(prior)
  }

  private async writeFile(live: WalkEntry, prior: PriorLine | null, outcome: FileOutcome): Promise<void> {
    if (!outcome.ok) {
      this.parts.onFinding(failedRead(live.path, outcome))
      return
    }
    if (outcome.note) this.parts.onFinding(noted(live.path, outcome.note))
    this.parts.onFile(live.path, outcome.sizeBytes)
    const { sizeBytes, mtimeNs, mode, uid, gid, sha256 } = outcome
    const entry: Entry = {
      path: live.path,
      type: 'file',
      sizeBytes,
      mtimeNs,
      mode,
      uid,
      gid,
      sha256,
      frames: outcome.bodies,
      linkTarget: null,
    }
    const isSettled = outcome.note === null
    await this.writeEntry(entry, prior, isSettled ? outcome : null)
  }

  private async writeEntry(
    entry: Entry,
    prior: PriorLine | null,
    stamp: { dev: bigint; ino: bigint; ctimeNs: bigint; takenAtMs: number } | null,
  ): Promise<void> {
    const line = formatEntryLine({ ...entry, frames: [await this.storeHead(entry), ...entry.frames] })
    this.count(entry.path, entry.type === 'file' || entry.type === 'hardlink', entry.sizeBytes)
    this.parts.newStamps.add(stamp)
    if (prior?.line === line) await this.parts.sections.keep(prior)
    else await this.parts.sections.put(entry.path, line)
  }

  private async storeHead(entry: Entry): Promise<FrameId> {
    const head = encodeHead(entry)
    const id = frameIdOf(head)
    if (!this.parts.packs.has(id)) await this.parts.packs.add(id, encodeRawFrame(head), head.length)
    return id
  }

  private count(path: string, isFile: boolean, sizeBytes: number): void {
    this.totals.entries++
    if (!isFile) return
    this.totals.files++
    this.totals.contentBytes += sizeBytes
    const item = topName(path)
    let sum = this.perItem.get(item)
    if (!sum) this.perItem.set(item, (sum = { files: 0, contentBytes: 0 }))
    sum.files++
    sum.contentBytes += sizeBytes
  }
}

/** Stands where a slot has been written, so that its entry can be let go. */
const WRITTEN: Slot = { kind: 'keep', prior: undefined as never }

function describedEntry(live: WalkEntry, links: ReadonlyMap<string, string>): Entry {
  const { dev, ino, mtimeNs, mode, uid, gid } = live.stat!
  const base = { path: live.path, sizeBytes: 0, mtimeNs, mode, uid, gid, sha256: null, frames: [] }
  switch (live.type) {
    case 'symlink':
      return { ...base, type: 'symlink', linkTarget: live.linkTarget }
    case 'file':
      return { ...base, type: 'hardlink', linkTarget: links.get(`${dev}:${ino}`)! }
    default:
      return { ...base, type: 'dir', linkTarget: null }
  }
}

function failedRead(path: string, outcome: Extract<FileOutcome, { ok: false }>): Finding {
  const why = {
    vanished: 'was gone before it could be read',
    unreadable: `cannot be read (${outcome.errno})`,
    not_regular: 'turned into something that is no regular file',
  }[outcome.code]
  return { severity: 'warning', code: outcome.code, path, message: `${path} ${why}.` }
}

function noted(path: string, note: 'grew' | 'changed'): Finding {
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
