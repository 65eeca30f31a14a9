/**
 * How the live workspace differs from an archive. Files whose size and time (or whose stamp, where one is kept) say that nothing happened are not
 * opened; one that was only touched is read to find out; critical items are always read.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { errnoOf } from '#lib/base/errors.ts'
import { Decider } from '../backup/decide.ts'
import { PriorArchive, pathOfLine } from '../backup/prior-archive.ts'
import { readStatCache } from '../backup/stat-cache.ts'
import { type Entry, mtimesEqual, parseEntryLine } from '../entry.ts'
import type { Finding } from '../finding.ts'
import { hashDescriptor } from '../hash-descriptor.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { ResolvedItem } from '../workspace/resolved-item.ts'
import { type WalkEntry, walkItems } from '../workspace/walk.ts'
import { type ComparedEntry, changeOf, type EntryChange, itemKeys } from './entry-change.ts'

export interface LiveChangesInput {
  repository: Repository
  manifest: Manifest
  /** What the config means now. */
  items: readonly ResolvedItem[]
  /** Stamps of the workspace's newest archive; used when it is this one. Null = none. */
  statCachePath: string | null
  signal?: AbortSignal | undefined
  /** What could not be looked at. */
  onProblem: (finding: Finding) => void
  /** Called for each file of the workspace that is met. */
  onFile?: ((sizeBytes: number) => void) | undefined
}

/** Entries between looking up from the walk. */
const STEPS = 1024
const READ_BYTES = 1024 * 1024

/** Every path whose live entry differs from the archive's, in archive order; `after` is the live side. */
export async function* liveChanges(input: LiveChangesInput): AsyncGenerator<EntryChange> {
  yield* new LiveComparison(input).run()
}

class LiveComparison {
  private readonly input: LiveChangesInput
  private readonly prior: PriorArchive
  private readonly keyOf: (path: string) => string | null
  private readonly critical: ReadonlySet<string>
  private readonly buffer = Buffer.allocUnsafe(READ_BYTES)
  /** First path of each file with several names. */
  private readonly linked = new Map<string, string>()
  /** Folders that could not be read: what is in them is unknown, not gone. */
  private readonly unknown: string[] = []
  private gone: EntryChange[] = []

  constructor(input: LiveChangesInput) {
    this.input = input
    this.prior = new PriorArchive(input.repository, input.manifest)
    this.keyOf = itemKeys(input.manifest.items, [...input.items])
    this.critical = new Set(input.items.filter(({ importance }) => importance === 'critical').map(({ key }) => key))
  }

  async *run(): AsyncGenerator<EntryChange> {
    const { items, signal } = this.input
    const decider = new Decider({
      prior: this.prior,
      stamps: this.stamps(),
      alwaysRead: this.critical,
      rescan: false,
      onRemoved: (line) => this.removed(line),
    })
    let steps = 0
    for (const live of walkItems(items)) {
      if (++steps % STEPS === 0) {
        signal?.throwIfAborted()
        await breathe()
      }
      if (live.problem) this.problem(live, live.problem)
      if (live.type === 'other' || live.stat === null) continue
      if (live.type === 'file') this.input.onFile?.(live.stat.size)
      const decided = decider.decide(live)
      const { kind, n } = decided instanceof Promise ? await decided : decided
      yield* this.takeGone()
      if (kind === 'keep') continue
      const change = this.compare(live, n === null ? null : parseEntryLine(await this.prior.line(n)))
      if (change) yield change
    }
    await decider.finish()
    yield* this.takeGone()
  }

  private stamps() {
    const { statCachePath, manifest } = this.input
    const cache = statCachePath === null ? null : readStatCache(statCachePath)
    return cache && cache.archiveId === manifest.id && cache.count === this.prior.count ? cache.views : null
  }

  private problem(live: WalkEntry, finding: Finding): void {
    this.input.onProblem(finding)
    this.unknown.push(live.path)
  }

  private removed(line: string): void {
    const path = pathOfLine(line)
    if (this.unknown.some((folder) => path === folder || path.startsWith(`${folder}/`))) return
    const change = changeOf(path, this.keyOf(path), parseEntryLine(line), null)
    if (change) this.gone.push(change)
  }

  private takeGone(): EntryChange[] {
    const gone = this.gone
    if (gone.length > 0) this.gone = []
    return gone
  }

  private compare(live: WalkEntry, before: Entry | null): EntryChange | null {
    const after = this.entryOf(live, before)
    return after && changeOf(live.path, live.itemKey, before, after)
  }

  /** The live entry as an archive would have it; null when it cannot be read now. */
  private entryOf(live: WalkEntry, before: Entry | null): ComparedEntry | null {
    const { size, mtimeNs, mode, uid, gid, nlink, dev, ino } = live.stat!
    const base = { sizeBytes: 0, mtimeNs, mode, uid, gid, sha256: null, linkTarget: live.linkTarget }
    if (live.type === 'dir' || live.type === 'symlink') return { ...base, type: live.type }
    if (nlink > 1) {
      const first = this.linked.get(`${dev}:${ino}`)
      if (first !== undefined) return { ...base, type: 'hardlink', linkTarget: first }
      this.linked.set(`${dev}:${ino}`, live.path)
    }
    const file = { ...base, type: 'file' as const, sizeBytes: size }
    if (before?.type !== 'file') return file
    const isCritical = this.critical.has(live.itemKey)
    if (before.sizeBytes !== size && !isCritical) return { ...file, isContentDifferent: true }
    if (mtimesEqual(before.mtimeNs, mtimeNs) && !isCritical) return { ...file, sha256: before.sha256 }
    return this.hashed(live, file)
  }

  private hashed(live: WalkEntry, file: ComparedEntry): ComparedEntry | null {
    try {
      const fd = openSync(live.raw, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        if (!fstatSync(fd).isFile()) throw Object.assign(new Error('not a regular file'), { code: 'EINVAL' })
        return { ...file, ...hashDescriptor(fd, this.buffer, this.input.signal) }
      } finally {
        closeSync(fd)
      }
    } catch (error) {
      const errno = errnoOf(error)
      if (errno === null) throw error
      this.input.onProblem({ severity: 'warning', code: 'unreadable', path: live.path, message: `${live.path} cannot be read (${errno}).` })
      return null
    }
  }
}
