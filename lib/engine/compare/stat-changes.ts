/** What changed on disk since an archive, by stat alone: the decisions of the next backup, counted. Nothing is opened. */
import { setImmediate as breathe } from 'node:timers/promises'
import { Decider } from '../backup/decide.ts'
import { PriorArchive, pathOfLine } from '../backup/prior-archive.ts'
import { readStatCache } from '../backup/stat-cache.ts'
import { mtimesEqual, parseEntryLine } from '../entry.ts'
import type { Finding } from '../finding.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import { topName } from '../repository/section.ts'
import type { ResolvedItem } from '../workspace/resolved-item.ts'
import { type WalkEntry, walkItems } from '../workspace/walk.ts'

export interface ItemChanges {
  key: string
  label: string
  importance: ResolvedItem['importance']
  /** Files. */
  added: number
  changed: number
  removed: number
  /** Bytes of added and changed files. */
  changedBytes: number
}

export interface CountChangesInput {
  repository: Repository
  /** The archive to compare with; null = everything is new. */
  prior: Manifest | null
  items: readonly ResolvedItem[]
  statCachePath: string
  /** A span of time whose equal parts say when files that changed were written last; left out = nobody asks. */
  span?: { fromMs: number; toMs: number; parts: number } | undefined
  signal?: AbortSignal
}

export interface CountedChanges {
  items: ItemChanges[]
  /** What could not be looked at. */
  problems: Finding[]
  /** Added and changed files by the part of the span in which they were written last; ones from before it are in the first. Empty without a span. */
  written: number[]
}

/** Entries between looking up from the walk. */
const STEPS = 1024

/** Changes per item, and what could not be looked at. Throws `PriorUnreadable` when the archive's lines are needed and cannot be read. */
export async function countChanges(input: CountChangesInput): Promise<CountedChanges> {
  const count = new ChangeCount(input)
  const prior = new PriorArchive(input.repository, input.prior)
  const cache = readStatCache(input.statCachePath)
  const stamps = cache && cache.archiveId === input.prior?.id && cache.count === prior.count ? cache.views : null
  const onRemoved = (line: string) => count.removed(line)
  const decider = new Decider({ prior, stamps, alwaysRead: new Set(), rescan: false, onRemoved })
  let steps = 0
  for (const live of walkItems(input.items)) {
    if (++steps % STEPS === 0) {
      input.signal?.throwIfAborted()
      await breathe()
    }
    if (live.problem) count.problem(live, live.problem)
    if (live.type === 'other' || live.stat === null) continue
    const decided = decider.decide(live)
    const { kind, n } = decided instanceof Promise ? await decided : decided
    if (kind === 'read') count.read(live, n === null ? null : await prior.line(n))
  }
  await decider.finish()
  return { items: count.items, problems: count.problems, written: count.written }
}

class ChangeCount {
  readonly items: ItemChanges[]
  readonly problems: Finding[] = []
  readonly written: number[]
  private readonly span: CountChangesInput['span']
  private readonly byKey: Map<string, ItemChanges>
  /** Items of the archive by their name in it. */
  private readonly byName = new Map<string, ItemChanges>()
  /** Folders that could not be read: what is in them is unknown, not gone. */
  private readonly unknown: string[] = []

  constructor({ items, prior, span }: CountChangesInput) {
    this.span = span
    this.written = new Array<number>(span?.parts ?? 0).fill(0)
    this.items = items.map(({ key, label, importance }) => ({ key, label, importance, added: 0, changed: 0, removed: 0, changedBytes: 0 }))
    this.byKey = new Map(this.items.map((item) => [item.key, item]))
    for (const { key, label, importance, archiveName } of prior?.items ?? []) {
      if (archiveName === null) continue
      let item = this.byKey.get(key)
      // An item that the config no longer names: all of it counts as removed.
      if (!item) {
        item = { key, label, importance, added: 0, changed: 0, removed: 0, changedBytes: 0 }
        this.byKey.set(key, item)
        this.items.push(item)
      }
      this.byName.set(archiveName, item)
    }
  }

  problem(live: WalkEntry, finding: Finding): void {
    this.problems.push(finding)
    if (finding.code === 'unreadable') this.unknown.push(live.path)
  }

  removed(line: string): void {
    const path = pathOfLine(line)
    if (!isFile(line) || this.unknown.some((folder) => path === folder || path.startsWith(`${folder}/`))) return
    const item = this.byName.get(topName(path))
    if (item) item.removed++
  }

  read(live: WalkEntry, prior: string | null): void {
    if (prior !== null && isSameByStat(live, prior)) return
    const item = this.byKey.get(live.itemKey)!
    if (prior === null || !isFile(prior)) item.added++
    else item.changed++
    item.changedBytes += live.stat!.size
    if (this.span) this.written[partOf(this.span, Number(live.stat!.mtimeNs / 1_000_000n))]!++
  }
}

/** Which part of the span a moment is in; the first or last one when it is outside. */
function partOf({ fromMs, toMs, parts }: NonNullable<CountChangesInput['span']>, atMs: number): number {
  const part = Math.floor(((atMs - fromMs) / Math.max(1, toMs - fromMs)) * parts)
  return Math.min(parts - 1, Math.max(0, part))
}

const isFile = (line: string) => line.startsWith('f\t') || line.startsWith('h\t')

/** Without a settled stamp, equal size and time still are the best that a stat can say. */
function isSameByStat(live: WalkEntry, line: string): boolean {
  if (!isFile(line)) return false
  const { type, sizeBytes, mtimeNs } = parseEntryLine(line)
  return (type === 'hardlink' || sizeBytes === live.stat!.size) && mtimesEqual(mtimeNs, live.stat!.mtimeNs)
}
