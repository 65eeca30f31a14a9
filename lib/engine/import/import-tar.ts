/**
 * Takes a tar stream into a repository as an archive. Order, always: lease → members read and packed → packs durable → manifest durable. Nothing is written
 * anywhere else: names of members become paths in a manifest, never paths on this host.
 */
import { createHash, hash } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock } from '#lib/base/clock.ts'
import { AppError } from '#lib/base/errors.ts'
import { type ArchiveId, newSeriesId } from '#lib/base/ids.ts'
import { ArchiveWriters } from '../backup/archive-writers.ts'
import type { BackupProgress } from '../backup/backup-input.ts'
import { ContentCutter, contentWindow, cutStream, smallBody } from '../backup/file-content.ts'
import { type FrameSink, LEVEL_SMALL } from '../backup/frame-sink.ts'
import { LevelProbe } from '../backup/level-probe.ts'
import { PriorArchive } from '../backup/prior-archive.ts'
import { lineWithHead } from '../backup/read-task.ts'
import { SectionAssembler } from '../backup/section-assembler.ts'
import { readSeriesHistory } from '../backup/series-history.ts'
import type { Finding } from '../finding.ts'
import { settledPacks } from '../prune/move-pack.ts'
import { SMALL_LIMIT } from '../repository/chunker.ts'
import type { Lease } from '../repository/lease.ts'
import { type Manifest, type ManifestItem, manifestName, trashedManifestName } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import { topName } from '../repository/section.ts'
import { underLease } from '../repository/under-lease.ts'
import { type TarMember, TarMembers } from '../tar/tar-members.ts'
import { type AdoptInto, adoptedId, itemsIn, timeOfTar, unwrapped, wrapperOf } from './adopt.ts'
import { archivePathOf, type DraftContent, DraftTree, linkTargetOf, refused } from './draft-tree.ts'
import { type ExportNote, MOST_NOTE_BYTES, NOTE_FOLDER, NOTE_PATH, parseNote } from './export-note.ts'
import { type OpenTar, openTar } from './open-tar.ts'

/** What one file may hold. */
export const IMPORT_LIMITS = {
  /** No workspace has as many; a stream that never ends has. */
  members: 2_000_000,
  /** Names and targets of links, in bytes: they are held in memory until all are known. */
  namesBytes: 512 * 1024 * 1024,
}
/** Names at the top: each is an item, which the manifest lists. */
const MOST_TOPS = 1000
/** Paths that are named in findings one by one. */
const NAMED = 20

export interface ImportInput {
  repository: Repository
  /** The tar file, on this host. */
  path: string
  actor: string
  tool: string
  clock: Clock
  waitMs: number
  signal: AbortSignal
  /** The workspace that a file which says nothing of itself is adopted into; without one it is refused. */
  adoptInto?: AdoptInto | undefined
  /** Left out: `IMPORT_LIMITS`. */
  limits?: typeof IMPORT_LIMITS
  onProgress?(progress: BackupProgress): void
}

/** What came of it; `isNew` false when the repository had the archive already, and nothing was done. */
export interface Imported {
  manifest: Manifest
  isNew: boolean
}

/**
 * Imports an export of Orchive, of which every file has to match the checksum that the export names, or adopts any other tar file into a workspace. Throws
 * `import_unreadable` or `import_refused`; then nothing is listed.
 */
export function importTar(input: ImportInput): Promise<Imported> {
  const { repository, clock, waitMs, signal } = input
  return underLease(repository, { purpose: `import of ${input.path}`, clock, signal, waitMs }, (lease) => new ImportRun(input, lease).run())
}

/** Which archive an export is of, by its own word, without importing it; null for a tar file that is none. */
export async function peekNote(path: string): Promise<ExportNote | null> {
  const tar = await openTar(path)
  try {
    return await readNote(new TarMembers(tar.source))
  } finally {
    tar.close()
  }
}

/** What becomes the head of the manifest: an export's own word, or what an adopted file and its workspace say. */
type Origin = Omit<ExportNote, 'checksums'> & { checksums: ExportNote['checksums'] | null; findings: Finding[] }

class ImportRun {
  private readonly input: ImportInput
  private readonly lease: Lease
  private readonly writers: ArchiveWriters
  private readonly tree = new DraftTree()
  private readonly probe = new LevelProbe()
  private readonly window = contentWindow()
  private readonly left: string[] = []
  private readonly startedMs: number
  private files = 0
  /** Of an adopted file: the folder around everything, undefined before the first member; and its newest file. */
  private wrapper: string | null | undefined
  private newestMs: number | null = null

  constructor(input: ImportInput, lease: Lease) {
    this.input = input
    this.lease = lease
    this.writers = new ArchiveWriters(input.repository)
    this.startedMs = input.clock.monotonicMs()
  }

  async run(): Promise<Imported> {
    let published = false
    const tar = await openTar(this.input.path)
    try {
      const { adoptInto, path } = this.input
      const members = new TarMembers(tar.source)
      const note = adoptInto ? null : await readNote(members)
      const id = adoptInto ? await adoptedId(path, adoptInto.workspaceId) : requireNote(note, path).id
      const known = await this.known(id)
      if (known) return { manifest: known, isNew: false }
      await this.readMembers(members, tar)
      const manifest = await this.publish(adoptInto ? this.adopted(id, adoptInto, tar) : { ...requireNote(note, path), findings: [] })
      published = true
      return { manifest, isNew: true }
    } catch (error) {
      this.input.signal.throwIfAborted()
      throw error
    } finally {
      tar.close()
      // Who took over meanwhile may need what was written here.
      if (!published) await this.writers.abort({ removePacks: await this.lease.isHeld() })
    }
  }

  private async known(id: ArchiveId): Promise<Manifest | null> {
    const { storage } = this.input.repository
    if ((await storage.stat(trashedManifestName(id))) !== null) {
      throw new AppError('import_refused', {
        message: `${this.input.path} was imported before, and its archive ${id} is in the trash.`,
        hint: `Take it back with: orchive unforget ${id}`,
      })
    }
    return (await storage.stat(manifestName(id))) === null ? null : this.input.repository.readManifest(id)
  }

  private async readMembers(members: TarMembers, tar: OpenTar): Promise<void> {
    const sink = await this.writers.data()
    const limits = this.input.limits ?? IMPORT_LIMITS
    let count = 0
    let names = 0
    for (let member = await members.next(); member; member = await members.next()) {
      this.input.signal.throwIfAborted()
      if (++count > limits.members) throw refused(`it has more than ${limits.members} members`)
      names += member.name.length + member.link.length
      if (names > limits.namesBytes) throw refused(`the names in it are longer than ${limits.namesBytes} bytes together`)
      tar.expectContent(member.sizeBytes)
      const path = this.pathOf(member.name)
      if (path === '') continue
      if (topName(path) === NOTE_FOLDER) throw refused(`${path} stands where the export's own note does`)
      await this.take(path, member, members, sink)
      this.tell(tar, path)
    }
    await this.lookBehind(tar)
  }

  /** Where a member goes in the archive. */
  private pathOf(name: Buffer): string {
    const path = archivePathOf(name)
    if (!this.input.adoptInto || path === '') return path
    if (this.wrapper === undefined) this.wrapper = wrapperOf(path)
    return unwrapped(path, this.wrapper)
  }

  /** What stands behind the end of a tar stream is read by nobody: a second one that was put behind it would be lost without a word. */
  private async lookBehind({ source }: OpenTar): Promise<void> {
    for (let piece = await source.takeSome(1 << 20); piece.length > 0; piece = await source.takeSome(1 << 20)) {
      if (piece.every((byte) => byte === 0)) continue
      throw refused('more stands behind its end, as when tar files were put one behind the other')
    }
  }

  private async take(path: string, member: TarMember, members: TarMembers, sink: FrameSink): Promise<void> {
    const { mtimeNs, mode, uid, gid } = member
    const attributes = { mtimeNs, mode, uid, gid }
    switch (member.type) {
      case 'dir':
        return this.tree.add(path, { type: 'dir', attributes })
      case 'symlink':
        return this.tree.add(path, { type: 'symlink', attributes, linkTarget: linkTargetOf(member.link, path) })
      case 'hardlink':
        return this.tree.link(path, attributes, this.pathOf(member.link))
      case 'file':
        this.files++
        this.newestMs = Math.max(this.newestMs ?? 0, Number(mtimeNs / 1_000_000n))
        return this.tree.add(path, { type: 'file', attributes, content: await this.store(path, member, members, sink) })
      case 'other':
        this.left.push(path)
    }
  }

  private async store(path: string, { sizeBytes }: TarMember, members: TarMembers, sink: FrameSink): Promise<DraftContent> {
    const { window } = this
    const fill = async (at: number, length: number) => {
      let done = 0
      while (done < length) {
        const piece = await members.content(length - done)
        if (piece.length === 0) break
        piece.copy(window, at + done)
        done += piece.length
      }
      return done
    }
    if (sizeBytes <= SMALL_LIMIT) {
      await fill(0, sizeBytes)
      const sha256 = hash('sha256', window.subarray(0, sizeBytes), 'hex')
      const body = smallBody(window, sizeBytes, sha256, sink.codec)
      if (body && !sink.isKnown(body.id)) await sink.accept(body.id, body.segment, LEVEL_SMALL)
      return { sizeBytes, sha256, frames: body ? [body.id] : [] }
    }
    const cutter = new ContentCutter(sink, this.probe, path)
    const content = createHash('sha256')
    await cutStream({ window, sizeBytes, content, cutter, fill, onBytes: () => this.input.signal.throwIfAborted() }, 0, 0)
    return { sizeBytes, sha256: content.digest('hex'), frames: cutter.frames }
  }

  /** What an adopted file is, as far as it and the workspace can say. */
  private adopted(id: ArchiveId, into: AdoptInto, { modifiedMs }: OpenTar): Origin {
    const names = [this.input.path, this.wrapper ?? null]
    const { createdAtMs, from } = timeOfTar(names, into.timeZone, { newestMs: this.newestMs, fileMs: modifiedMs })
    const { items, findings } = itemsIn(into, this.tree.tops())
    const told = from === 'name' ? 'the stamp in its name' : `the time of the ${from}`
    const dated: Finding = { severity: 'info', code: 'dated', path: null, message: `Its time is ${told}, in ${into.timeZone}.` }
    return {
      ...into,
      id,
      createdAt: new Date(createdAtMs).toISOString(),
      host: hostname(),
      items: items.map((item) => ({ ...item, files: 0, contentBytes: 0 })),
      baselines: {},
      checksums: null,
      findings: [dated, ...findings],
    }
  }

  private async publish(note: Origin): Promise<Manifest> {
    const { repository, signal } = this.input
    const packs = await settledPacks(repository)
    this.expectItems(note)
    const sections = new SectionAssembler(repository.codec, new PriorArchive(repository, null), () => this.writers.meta())
    const sink = await this.writers.data()
    const totals = { files: 0, entries: 0, contentBytes: 0 }
    const perItem = new Map<string, { files: number; contentBytes: number }>()
    const { checksums } = note
    const missing = new Set(Object.keys(checksums ?? {}))
    for (const entry of this.tree.entries()) {
      totals.entries++
      if (entry.type === 'file' || entry.type === 'hardlink') {
        totals.files++
        totals.contentBytes += entry.sizeBytes
        const top = topName(entry.path)
        const sum = perItem.get(top) ?? { files: 0, contentBytes: 0 }
        perItem.set(top, { files: sum.files + 1, contentBytes: sum.contentBytes + entry.sizeBytes })
      }
      if (checksums !== null && entry.sha256 !== null && checksums[entry.path] !== entry.sha256)
        throw refused(`${entry.path} does not match the checksum that the export names`)
      missing.delete(entry.path)
      await sections.put(entry.path, await lineWithHead(entry, sink))
    }
    const [lacking] = missing
    if (lacking !== undefined) throw refused(`${missing.size} files that the export names are not in it, e.g. ${lacking}`)
    const refs = await sections.finish()
    const stored = await this.writers.finish()
    signal.throwIfAborted()
    const items = note.items.map((item): ManifestItem => ({ ...item, ...perItem.get(item.archiveName ?? '') }))
    const manifest: Manifest = {
      version: 1,
      id: note.id,
      workspaceId: note.workspaceId,
      workspaceName: note.workspaceName,
      root: note.root,
      configPath: note.configPath,
      ...(await this.placeOf(note.createdAt)),
      kind: 'import',
      createdAt: note.createdAt,
      durationMs: Math.round(this.input.clock.monotonicMs() - this.startedMs),
      note: `From ${this.input.path}`,
      actor: this.input.actor,
      host: note.host || hostname(),
      tool: this.input.tool,
      maps: note.maps,
      extraItems: note.extraItems,
      items,
      configPaths: note.configPaths,
      baselines: note.baselines,
      findings: [...note.findings, ...this.findings()],
      totals: { ...totals, storedBytes: stored.storedBytes },
      sections: refs,
    }
    await repository.publish(manifest, this.lease, [...packs, ...stored.packs])
    return manifest
  }

  /** Its place in a series, in which time only goes on. An export begins one: it is the next of nothing here. */
  private async placeOf(createdAt: string): Promise<Pick<Manifest, 'series' | 'seriesNumber' | 'parentId'>> {
    const { repository, adoptInto } = this.input
    const alone = { series: newSeriesId(), seriesNumber: 1, parentId: null }
    if (!adoptInto?.follow) return alone
    const { newest, highestNumber, archives } = await readSeriesHistory(repository, adoptInto.follow, adoptInto.known)
    Object.assign(adoptInto.known, archives)
    if (newest === null || newest.createdAt >= createdAt) return alone
    return { series: adoptInto.follow, seriesNumber: highestNumber + 1, parentId: newest.id }
  }

  /** What belongs to no item can be put nowhere. */
  private expectItems({ items }: Origin): void {
    const tops = this.tree.tops()
    if (tops.size > MOST_TOPS) throw refused(`it has ${tops.size} names at its top, where a workspace has an item each`)
    const known = new Set(items.map(({ archiveName }) => archiveName))
    for (const top of tops.keys()) if (!known.has(top)) throw refused(`${top} belongs to no item that the export names`)
  }

  private findings(): Finding[] {
    const findings = this.left.slice(0, NAMED).map((path): Finding => {
      return { severity: 'warning', code: 'not_kept', path, message: `${path} is neither file, folder nor link, and is left out.` }
    })
    const more = this.left.length - findings.length
    if (more > 0)
      findings.push({ severity: 'warning', code: 'not_kept', path: null, message: `${more} more are left out for the same reason.` })
    const { repeated } = this.tree
    if (repeated > 0)
      findings.push({
        severity: 'info',
        code: 'repeated',
        path: null,
        message: `${repeated} names came more than once; the last counts, as it does for tar.`,
      })
    return findings
  }

  private tell({ fileBytes, readBytes }: OpenTar, currentPath: string): void {
    this.input.onProgress?.({
      phase: 'reading',
      filesDone: this.files,
      filesTotal: null,
      bytesDone: readBytes(),
      bytesTotal: fileBytes,
      currentPath,
    })
  }
}

/** The first members of an export are the folder and the note in it; null when they are not. */
async function readNote(members: TarMembers): Promise<ExportNote | null> {
  for (let member = await members.next(); member; member = await members.next()) {
    const path = member.name.toString('latin1').replace(/\/$/, '')
    if (path === NOTE_FOLDER && member.type === 'dir') continue
    if (path !== NOTE_PATH || member.type !== 'file' || member.sizeBytes > MOST_NOTE_BYTES) return null
    const pieces: Buffer[] = []
    for (let piece = await members.content(1 << 20); piece.length > 0; piece = await members.content(1 << 20)) pieces.push(piece)
    return parseNote(Buffer.concat(pieces).toString('utf8'))
  }
  return null
}

function requireNote(note: ExportNote | null, file: string): ExportNote {
  if (note) return note
  throw new AppError('import_refused', {
    message: `${file} does not begin with ${NOTE_PATH}, so it is no whole export of an archive, and does not say of which workspace it is.`,
    hint: 'Name the workspace that it is to be adopted into: orchive import FILE WORKSPACE.',
  })
}
