/**
 * Migration: everything that a repository holds, written into another one that has other keys, or begins or ceases to be encrypted. Invariants kept here:
 *
 * 1. The old repository is only read. Archives keep their ids, numbers, times and marks; what changes is how their frames are called and stored.
 * 2. What is written was checked: every frame against its id, every content against its SHA-256. An archive that does not hold ends the migration.
 * 3. Packs are durable, then the note that names what is in them, then marks, then manifests. Killed at any moment, the next run goes on from the last note, and
 *    what is listed in the new repository is whole.
 * 4. The new repository's lease is held all along; the old one's is not, so backups go on. A run takes along what is there; the run before the change-over, under
 *    the lease of both, finds the little that came since.
 */
import type { Clock } from '#lib/base/clock.ts'
import { AppError, type ErrorCode, isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { formatBytes } from '#lib/base/units.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { FrameId } from '../entry.ts'
import type { Finding } from '../finding.ts'
import { compressFrame } from '../repository/frame.ts'
import type { Lease } from '../repository/lease.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { PackWriter } from '../repository/pack-writer.ts'
import type { Repository } from '../repository/repository.ts'
import { SECTION_LEVEL } from '../repository/section.ts'
import { underLease } from '../repository/under-lease.ts'
import { carryAlong, carryMarks } from './carry-along.ts'
import { EntryWriter } from './entry-writer.ts'
import { readNotes, writeNote } from './migration-note.ts'
import { type MigrationPlan, planMigration, unreadable } from './plan-migration.ts'

export interface MigrationProgress {
  phase: 'waiting' | 'reading archives' | 'writing' | 'carrying along'
  done: number
  /** Null = not known. */
  total: number | null
  bytesDone: number
  bytesTotal: number | null
  current: string | null
}

export interface MigrationInput {
  source: Repository
  target: Repository
  leaveOut: ReadonlySet<ArchiveId>
  clock: Clock
  waitMs?: number
  signal?: AbortSignal | undefined
  onProgress?: ((progress: MigrationProgress) => void) | undefined
  /** How much is written, at most about, between two moments from which an interrupted run goes on. */
  noteBytes?: number
}

export interface MigrationFigures {
  /** Archives that this run wrote. */
  written: ArchiveId[]
  /** Archives in the new repository now, those in the trash included. */
  archives: number
  readBytes: number
  writtenBytes: number
  /** What could not be taken along besides archives. */
  findings: Finding[]
}

const DAMAGE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['frame_damaged', 'frame_missing', 'repository_damaged'])
const NOTE_BYTES = 512 * 1024 * 1024
const NOTE_MS = 60_000

/** Brings the new repository up to what the old one holds now. Safe to kill at any moment, and to run again. */
export function runMigration(input: MigrationInput): Promise<MigrationFigures> {
  const { target, clock, signal, waitMs = 0 } = input
  const onWait = (holder: string) =>
    input.onProgress?.({ phase: 'waiting', done: 0, total: null, bytesDone: 0, bytesTotal: null, current: holder })
  return underLease(target, { purpose: 'migration', clock, signal, waitMs, onWait }, (lease) =>
    new Migration(input, lease).run().finally(() => target.dropIndex()),
  )
}

class Migration {
  private readonly input: MigrationInput
  private readonly lease: Lease
  private readonly sections = new Map<FrameId, FrameId>()
  private readonly contents = new Map<string, FrameId[]>()
  private newSections: [FrameId, FrameId][] = []
  private nextNote = 1
  private notedMs: number
  private notedBytes = 0
  private entriesDone = 0
  /** Archives of which everything is written, and not yet durable. */
  private waiting: ArchiveId[] = []
  private readonly published: ArchiveId[] = []

  constructor(input: MigrationInput, lease: Lease) {
    this.input = input
    this.lease = lease
    this.notedMs = input.clock.monotonicMs()
  }

  async run(): Promise<MigrationFigures> {
    const { source, target, signal } = this.input
    await this.takeUp()
    const there = new Set([...(await target.listArchives()), ...(await target.listTrashed())])
    const plan = await planMigration({
      ...{ source, target, signal, written: this.sections },
      without: new Set([...there, ...this.input.leaveOut]),
      onArchive: (done, total, id) =>
        this.input.onProgress?.({ phase: 'reading archives', done, total, bytesDone: 0, bytesTotal: null, current: id }),
    })
    await this.assertRoom(plan)
    const data = await target.packWriter('data')
    const meta = await target.packWriter('meta')
    const entries = new EntryWriter({ source, target, packs: data, contents: this.contents })
    try {
      for (const id of plan.archives) {
        await this.write(await source.readManifest(id), { data, meta, entries, plan }).catch((error: unknown) => {
          throw isAppError(error) && DAMAGE.has(error.code) ? unreadable(id, `cannot be read: ${error.message}`, error) : error
        })
        this.waiting.push(id)
      }
      await this.note(data, meta, entries)
    } catch (error) {
      // What is written so far is not lost, unless this is the very reason why it failed.
      if (signal?.aborted) await this.note(data, meta, entries).catch(() => {})
      await data.abort()
      await meta.abort()
      throw error
    }
    this.input.onProgress?.({ phase: 'carrying along', done: 0, total: null, bytesDone: 0, bytesTotal: null, current: null })
    const findings = await carryAlong(this.input)
    const archives = [...(await target.listArchives()), ...(await target.listTrashed())].length
    return { written: this.published, archives, readBytes: entries.readBytes, writtenBytes: data.storedBytes + meta.storedBytes, findings }
  }

  /** What earlier runs wrote, as far as it is there. */
  private async takeUp(): Promise<void> {
    const { target } = this.input
    const index = await target.index()
    const { notes, next } = await readNotes(target)
    this.nextNote = next
    for (const { sections, contents } of notes) {
      for (const [from, to] of sections) if (index.has(to)) this.sections.set(from, to)
      for (const [sha256, frames] of contents) if (frames.every((id) => index.has(id))) this.contents.set(sha256, frames)
    }
  }

  private async assertRoom({ neededBytes }: MigrationPlan): Promise<void> {
    const { target } = this.input
    const room = await target.storage.freeBytes()
    if (room === null || room.freeBytes >= neededBytes) return
    throw new AppError('repository_full', {
      message: `${target.storage.location} has ${formatBytes(room.freeBytes)} free, and ${formatBytes(neededBytes)} may be needed.`,
      hint: 'Choose a folder on another disk, or make room. Nothing was written.',
    })
  }

  private async write(
    manifest: Manifest,
    { data, meta, entries, plan }: { data: PackWriter; meta: PackWriter; entries: EntryWriter; plan: MigrationPlan },
  ): Promise<void> {
    const { source, target, signal, clock } = this.input
    const tell = (path: string) =>
      this.input.onProgress?.({
        ...{ phase: 'writing', done: this.entriesDone, total: plan.entries, current: path },
        ...{ bytesDone: Math.min(entries.readBytes, plan.bytes), bytesTotal: plan.bytes },
      })
    for (const section of manifest.sections) {
      if (this.sections.has(section.id)) continue
      tell(section.firstPath)
      const lines: string[] = []
      for (const line of await source.readSection(section.id)) {
        throwIfCancelled(signal)
        lines.push(await entries.write(line))
        const isDue =
          data.storedBytes - this.notedBytes >= (this.input.noteBytes ?? NOTE_BYTES) || clock.monotonicMs() - this.notedMs >= NOTE_MS
        if (isDue) await this.note(data, meta, entries)
        if (isDue) tell(section.firstPath)
      }
      const raw = Buffer.from(`${lines.join('\n')}\n`)
      const id = target.codec.frameId(raw)
      meta.add(id, compressFrame(raw, SECTION_LEVEL), raw.length)
      this.sections.set(section.id, id)
      this.newSections.push([section.id, id])
      this.entriesDone += lines.length
    }
  }

  /** Makes everything so far durable, says so, and lists the archives of which nothing is left to write. */
  private async note(data: PackWriter, meta: PackWriter, entries: EntryWriter): Promise<void> {
    const { target } = this.input
    await data.finish()
    await meta.finish()
    await this.lease.assertHeld()
    const note = { sections: this.newSections, contents: entries.newContents }
    if (note.sections.length + note.contents.length > 0) await writeNote(target, this.nextNote++, note)
    this.newSections = []
    entries.newContents = []
    this.notedBytes = data.storedBytes
    this.notedMs = this.input.clock.monotonicMs()
    for (const id of this.waiting.splice(0)) await this.publish(await this.input.source.readManifest(id))
  }

  private async publish(manifest: Manifest): Promise<void> {
    const { target } = this.input
    const sections = manifest.sections.map((section) => ({ ...section, id: this.sections.get(section.id)! }))
    const index = await target.index()
    await carryMarks(this.input, manifest.id)
    const packs = sections.map(({ id }) => index.get(id)!.pack)
    await target.publish({ ...manifest, sections }, this.lease, packs)
    this.published.push(manifest.id)
  }
}
