/** Files of critical items: read until they stand still, compared with what could be trusted before, and stored. */
import type { Finding } from '../finding.ts'
import type { ItemBaseline } from '../repository/manifest.ts'
import { CONFIG_ITEM_KEY, STATE_KEY } from '../workspace/item-keys.ts'
import type { ResolvedItem } from '../workspace/resolved-item.ts'
import { baselineOf, compareBaseline } from '../workspace/state-baseline.ts'
import type { WalkEntry } from '../workspace/walk.ts'
import { type FileOutcome, sameLine } from './archive-lines.ts'
import type { PassInput } from './archive-pass.ts'
import { type CriticalRead, readCritical } from './critical-read.ts'
import { storeWhole } from './file-content.ts'
import { knownContent } from './file-reader.ts'
import { LevelProbe } from './level-probe.ts'
import { fileEntry, lineWithHead, writeFileStamp } from './read-task.ts'
import { newStamps } from './stamp.ts'

type CriticalPass = Pick<PassInput, 'input' | 'writers' | 'basis' | 'mayKeep' | 'trusted'>

/** They are few, and their content is looked at: they are read by the main thread. */
export class CriticalReader {
  readonly keys: ReadonlySet<string>
  readonly findings: Finding[] = []
  readonly suspicions: Finding[] = []
  readonly baselines: Record<string, ItemBaseline> = {}
  /** Lines of single critical files, by path. */
  readonly lines: Record<string, string> = {}
  private readonly items: Map<string, ResolvedItem>
  private readonly pass: CriticalPass
  private readonly probe = new LevelProbe()

  constructor(pass: CriticalPass) {
    this.pass = pass
    this.items = new Map(pass.input.resolution.items.filter(({ importance }) => importance === 'critical').map((item) => [item.key, item]))
    this.keys = new Set(this.items.keys())
  }

  /** Reads and stores a file; null when it is too large to be held and has to be read like any other. */
  async read(live: WalkEntry, prior: string | null): Promise<FileOutcome | null> {
    const item = this.items.get(live.itemKey)!
    const { clock, signal } = this.pass.input
    const takenAtMs = clock.realNowMs()
    const read = await readCritical(live.raw.toString('latin1'), {
      expectsJson: this.expectsJson(item),
      knownSha256: this.fineContent(item, prior),
      clock,
      signal,
    })
    if (read === null) {
      this.findings.push(unchecked(item, live.path))
      return null
    }
    if (!read.ok) {
      this.suspicions.push(unreadable(item, live.path, read.errno))
      return { failure: read }
    }
    this.judge(item, live.path, read)
    const line = await this.store(live.path, read, prior)
    if (item.kind === 'file') this.lines[live.path] = line
    const stamp = newStamps(1)
    writeFileStamp(stamp, 0, live.path, read, read.isStable ? takenAtMs : null)
    return { line, note: null, stamp: stamp.bytes, isAsBefore: line === prior }
  }

  /** Single files are JSON when they are the config or the state, are called so, or always were. */
  private expectsJson(item: ResolvedItem): boolean {
    if (item.kind !== 'file') return false
    const isByRole = item.key === CONFIG_ITEM_KEY || item.key === STATE_KEY || /\.json$/i.test(item.archiveName ?? '')
    return isByRole || this.pass.trusted?.baselines[item.key] !== undefined
  }

  /** Hash of content that an archive which can be trusted had measured: it needs no second look. */
  private fineContent(item: ResolvedItem, prior: string | null): string | null {
    const { basis, trusted } = this.pass
    if (basis === null || basis.id !== trusted?.id || !basis.baselines[item.key]) return null
    return knownContent(prior)?.sha256 ?? null
  }

  private judge(item: ResolvedItem, path: string, { json, isStable }: CriticalRead): void {
    if (!isStable && (json?.ok ?? true)) this.suspicions.push(torn(item, path))
    if (item.kind !== 'file') return
    const before = this.pass.trusted?.baselines[item.key] ?? null
    if (json === null) {
      // Content that was fine before, or no JSON at all.
      if (before && this.expectsJson(item)) this.baselines[item.key] = before
      return
    }
    if (!json.ok && !this.expectsJson(item)) return
    this.suspicions.push(...compareBaseline(before, json, path))
    const baseline = baselineOf(json)
    if (baseline) this.baselines[item.key] = baseline
  }

  private async store(path: string, read: CriticalRead, prior: string | null): Promise<string> {
    const { writers, mayKeep } = this.pass
    const sizeBytes = read.content.length
    const known = knownContent(prior)
    const isSame = known?.sha256 === read.sha256 && (mayKeep?.(prior!) ?? true)
    if (isSame) {
      const line = sameLine(fileEntry(path, { ...read, sizeBytes, bodies: known.frames }, prior), prior)
      if (line !== null) return line
    }
    const sink = await writers.data()
    const bodies =
      isSame && known.frames.every((id) => sink.isKnown(id))
        ? known.frames
        : await storeWhole(read.content, read.sha256, path, sink, this.probe)
    return lineWithHead(fileEntry(path, { ...read, sizeBytes, bodies }, prior), sink)
  }
}

function unchecked(item: ResolvedItem, path: string): Finding {
  const message = `${item.label} ${path} is too large to be checked while it is read; it was read once.`
  return { severity: 'info', code: 'critical_unchecked', path, message }
}

function unreadable(item: ResolvedItem, path: string, errno: string): Finding {
  return { severity: 'warning', code: 'critical_unreadable', path, message: `${item.label} ${path} could not be read (${errno}).` }
}

function torn(item: ResolvedItem, path: string): Finding {
  const message = `${item.label} ${path} never read the same twice within the time given. It is stored as it was last read.`
  return { severity: 'warning', code: 'state_torn', path, message }
}
