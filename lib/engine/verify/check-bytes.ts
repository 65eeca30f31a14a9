import { isAppError } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Entry, FrameId } from '../entry.ts'
import { FrameIndex } from '../repository/frame-index.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import type { SectionRef } from '../repository/section.ts'
import { paddingOf } from '../tar/head.ts'
import type { FrameToCheck } from './check-frames.ts'
import { readEntries } from './read-entries.ts'
import { VerifyPool } from './verify-pool.ts'
import type { FindingList, RepositoryHealth } from './verify-types.ts'

const BATCH_BYTES = 1024 * 1024
const BATCH_FRAMES = 512
const BATCHES_AHEAD = 3
/** Below this a worker's start costs more than it saves. */
const SMALL_BYTES = 24 * 1024 * 1024
/** Each miss makes the reader list all packs, and those in the trash, again; after so many, what no index knows is taken as gone. */
const MOST_MISSES = 20
const MISSING = 'is in no pack'

export interface BytesInput {
  reader: ArchiveReader
  manifest: Manifest
  /** From a look at all packs; then no frame is read again here. */
  health: RepositoryHealth | null
  isStored: (id: FrameId) => boolean
  signal: AbortSignal | undefined
  /** So many more entries are through, with so much content; `path` is one of them. */
  onProgress: (path: string, bytes: number, entries: number) => void
}

/** L1: every frame of an archive is there, and its bytes are those that its id stands for. Names the files that damage reaches. */
export async function checkBytes(input: BytesInput, findings: FindingList): Promise<{ framesRead: number; bytesRead: number }> {
  const check = new BytesCheck(input)
  try {
    for (const section of input.manifest.sections) {
      throwIfCancelled(input.signal)
      await check.addSection(section, findings)
    }
    await check.finish()
  } finally {
    await check.close()
  }
  if (check.bad.size > 0) await nameAffected(input, check.bad, findings)
  return { framesRead: check.framesRead, bytesRead: check.bytesRead }
}

class BytesCheck {
  readonly bad = new Map<FrameId, string>()
  framesRead = 0
  bytesRead = 0
  private readonly input: BytesInput
  private readonly pool: VerifyPool
  /** Frames seen; a frame that many files share is read once. */
  private readonly seen = new FrameIndex()
  private frames: FrameToCheck[] = []
  private stored: Uint8Array[] = []
  private batchBytes = 0
  private misses = 0

  constructor(input: BytesInput) {
    this.input = input
    const isSmall = input.health !== null || input.manifest.totals.contentBytes < SMALL_BYTES
    this.pool = new VerifyPool({ codec: input.reader.codec, isSmall, ahead: BATCHES_AHEAD })
  }

  async addSection(section: SectionRef, findings: FindingList): Promise<void> {
    const { health, reader, signal, onProgress } = this.input
    const known = health?.soundSections.get(section.id)
    if (known && known.entries === section.entries && known.firstPath === section.firstPath) {
      onProgress(section.firstPath, known.contentBytes, section.entries)
      return
    }
    let isSound = true
    const seen = { entries: 0, firstPath: '', contentBytes: 0 }
    for await (const entry of readEntries(reader, { sections: [section] }, findings)) {
      throwIfCancelled(signal)
      if (seen.entries++ === 0) seen.firstPath = entry.path
      seen.contentBytes += entry.sizeBytes
      if (health) isSound = this.look(entry, health) && isSound
      else await this.readAll(entry)
      onProgress(entry.path, entry.sizeBytes, 1)
    }
    const isWhole = seen.entries === section.entries && seen.firstPath === section.firstPath
    if (isWhole && isSound) health?.soundSections.set(section.id, seen)
  }

  /** Whether every frame of an entry is there, and none of them damaged. */
  private look(entry: Entry, { badFrames }: RepositoryHealth): boolean {
    let isSound = true
    for (const id of entry.frames) {
      const why = badFrames.get(id) ?? (this.input.isStored(id) ? null : MISSING)
      if (why === null) continue
      this.bad.set(id, why)
      isSound = false
    }
    return isSound
  }

  private async readAll(entry: Entry): Promise<void> {
    const last = entry.frames.length - 1
    for (const [i, id] of entry.frames.entries()) {
      if (!this.seen.add(id, { pack: '', offset: 0, storedBytes: 0, rawBytes: 0 })) continue
      await this.read(id, i === last && i > 0 ? paddingOf(entry.sizeBytes) : 0)
    }
  }

  async finish(): Promise<void> {
    await this.send()
    await this.pool.drain()
  }

  close(): Promise<void> {
    return this.pool.close()
  }

  private async read(id: FrameId, paddingBytes: number): Promise<void> {
    if (this.misses >= MOST_MISSES && !this.input.isStored(id)) {
      this.bad.set(id, MISSING)
      return
    }
    try {
      const { bytes, rawBytes } = await this.input.reader.stored(id)
      this.framesRead++
      this.bytesRead += bytes.length
      this.frames.push({ from: this.batchBytes, to: this.batchBytes + bytes.length, rawBytes, id, paddingBytes })
      this.stored.push(bytes)
      this.batchBytes += bytes.length
    } catch (error) {
      if (!isAppError(error)) throw error
      if (error.code === 'frame_missing') this.misses++
      this.bad.set(id, error.code === 'frame_missing' ? MISSING : error.message)
    }
    if (this.batchBytes >= BATCH_BYTES || this.frames.length >= BATCH_FRAMES) await this.send()
  }

  private async send(): Promise<void> {
    if (this.frames.length === 0) return
    const { frames, stored, batchBytes } = this
    this.frames = []
    this.stored = []
    this.batchBytes = 0
    await this.pool.frames(frames, stored, batchBytes, (bad) => {
      for (const { index, why } of bad) this.bad.set(frames[index]!.id, why)
    })
  }
}

/** A second pass over the lines, only when something is damaged: which files it costs. Damage is told even where the lines cannot be read this time. */
async function nameAffected(input: BytesInput, bad: ReadonlyMap<FrameId, string>, findings: FindingList): Promise<void> {
  let named = 0
  for await (const entry of readEntries(input.reader, input.manifest, null)) {
    const id = entry.frames.find((frame) => bad.has(frame))
    if (id === undefined) continue
    const isMissing = bad.get(id) === MISSING
    const code = isMissing ? 'frame_missing' : 'frame_damaged'
    const why = bad.get(id)!.replace(/\.$/, '')
    findings.add('error', code, entry.path, `${entry.path} cannot be restored; frame ${id.slice(0, 16)}…: ${why}.`)
    named++
  }
  if (named > 0) return
  const [why] = bad.values()
  findings.add(
    'error',
    'frame_damaged',
    null,
    `${bad.size} frames that it needs cannot be read, and neither can the names of their files: ${why!}`,
  )
}
