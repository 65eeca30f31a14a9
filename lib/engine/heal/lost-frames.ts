/** Which frames archives need that no whole pack has, and what they cost: the entries, archive by archive. */
import type { ArchiveId } from '#lib/base/ids.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { type Entry, type FrameId, parseEntryLine } from '../entry.ts'
import type { Manifest } from '../repository/manifest.ts'
import { linesOf } from '../repository/repository.ts'
import type { LiveFile } from './rescue-sources.ts'
import type { SoundFrames } from './sound-frames.ts'

/** Paths of an archive that are named; the rest is counted. */
const PATHS_NAMED = 20

/** What of an archive cannot be given back. */
export interface AffectedArchive {
  archiveId: ArchiveId
  /** Entries that need a lost frame. A section that is lost counts with all its entries. */
  entries: number
  /** The first of them. */
  paths: string[]
}

/** Section ids that archives name and no whole pack has. */
export function lostSections(manifests: Iterable<Manifest>, sound: SoundFrames): Set<FrameId> {
  const lost = new Set<FrameId>()
  for (const { sections } of manifests) for (const { id } of sections) if (!sound.has(id)) lost.add(id)
  return lost
}

/** The entries that need lost frames, by the section that names them; sections are shared between archives. */
export class LostFrames {
  readonly ids = new Set<FrameId>()
  private readonly manifests: readonly Manifest[]
  private readonly bySection = new Map<FrameId, Entry[] | 'unreadable'>()

  private constructor(manifests: readonly Manifest[]) {
    this.manifests = manifests
  }

  /** Reads every section once; `rescued` are sections found again elsewhere. */
  static async look(
    manifests: readonly Manifest[],
    sound: SoundFrames,
    rescued: ReadonlyMap<FrameId, Buffer>,
    options: { signal?: AbortSignal | undefined; onArchive: (done: number, total: number, id: ArchiveId) => void },
  ): Promise<LostFrames> {
    const lost = new LostFrames(manifests)
    for (const [done, { id, sections }] of manifests.entries()) {
      options.onArchive(done, manifests.length, id)
      for (const section of sections) {
        throwIfCancelled(options.signal)
        if (lost.bySection.has(section.id)) continue
        const raw = rescued.get(section.id)
        if (raw) lost.add(section.id, linesOf(raw), sound)
        else if (sound.has(section.id)) lost.add(section.id, await sound.lines(section.id), sound)
        else lost.bySection.set(section.id, 'unreadable')
      }
    }
    return lost
  }

  private add(section: FrameId, lines: readonly string[], sound: SoundFrames): void {
    const hit: Entry[] = []
    for (const line of lines) {
      const entry = parseEntryLine(line)
      const lost = entry.frames.filter((id) => !sound.has(id))
      if (lost.length === 0) continue
      for (const id of lost) this.ids.add(id)
      hit.push(entry)
    }
    this.bySection.set(section, hit)
  }

  /** Every entry that needs a lost frame, each once. */
  *entries(): Generator<Entry> {
    for (const hit of this.bySection.values()) if (hit !== 'unreadable') yield* hit
  }

  /** The files that these entries were on their host, as their newest archive has it. */
  *liveFiles(): Generator<LiveFile> {
    const seen = new Set<FrameId>()
    for (const { sections, items } of this.manifests) {
      for (const { id } of sections) {
        const hit = this.bySection.get(id)
        if (seen.has(id) || hit === undefined || hit === 'unreadable') continue
        seen.add(id)
        for (const { type, path, frames } of hit) {
          const item = items.find(({ archiveName }) => archiveName !== null && (path === archiveName || path.startsWith(`${archiveName}/`)))
          if (type !== 'file' || !item?.archiveName || item.sourcePath === null) continue
          yield { path: `${item.sourcePath}${path.slice(item.archiveName.length)}`, frames: frames.filter((frame) => this.ids.has(frame)) }
        }
      }
    }
  }

  /** What stays lost when these frames do. */
  affected(lost: ReadonlySet<FrameId>): AffectedArchive[] {
    const affected: AffectedArchive[] = []
    for (const { id, sections } of this.manifests) {
      const of: AffectedArchive = { archiveId: id, entries: 0, paths: [] }
      for (const section of sections) {
        const hit = this.bySection.get(section.id) ?? []
        if (hit === 'unreadable') note(of, section.entries, section.firstPath)
        else for (const entry of hit) if (entry.frames.some((frame) => lost.has(frame))) note(of, 1, entry.path)
      }
      if (of.entries > 0) affected.push(of)
    }
    return affected
  }
}

function note(affected: AffectedArchive, entries: number, path: string): void {
  affected.entries += entries
  if (affected.paths.length < PATHS_NAMED) affected.paths.push(path)
}
