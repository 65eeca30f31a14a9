/**
 * Takes an archive. Order, always: lease → read and pack → packs durable → manifest durable (the archive exists from here on) → marks →
 * stat cache. Anything that fails before the manifest leaves nothing listed and gives the unfinished pack's space back.
 */
import { hostname } from 'node:os'
import type { Clock } from '#lib/base/clock.ts'
import { AppError } from '#lib/base/errors.ts'
import { newArchiveId, type SeriesId, type WorkspaceId } from '#lib/base/ids.ts'
import type { Finding } from '../finding.ts'
import type { Lease } from '../repository/lease.ts'
import type { ArchiveKind, ItemBaseline, Manifest, ManifestItem } from '../repository/manifest.ts'
import type { PackWriter } from '../repository/pack.ts'
import type { Repository } from '../repository/repository.ts'
import { configChangeFindings, diffConfigPaths } from '../workspace/config-changes.ts'
import { findingsOf, type Resolution, type ResolvedItem } from '../workspace/resolved-item.ts'
import { baselineOf, compareBaseline } from '../workspace/state-baseline.ts'
import { type WalkEntry, walkItems } from '../workspace/walk.ts'
import { ArchiveLines } from './archive-lines.ts'
import { readCritical } from './critical-read.ts'
import { decide } from './decide.ts'
import type { FrameSink } from './file-content.ts'
import { ReadPool } from './read-pool.ts'
import { SectionAssembler } from './section-assembler.ts'
import { readStatCache, StatCacheWriter } from './stat-cache.ts'

export interface BackupInput {
  repository: Repository
  workspace: {
    id: WorkspaceId
    name: string
    root: string
    configPath: string
    maps: { from: string; to: string }[]
    extraItems: { key: string; importance: 'critical' | 'high' | 'medium' }[]
  }
  /** What the config means now. */
  resolution: Resolution
  series: SeriesId
  kind: ArchiveKind
  note: string | null
  actor: string
  /** Version of Orchive. */
  tool: string
  /** Read everything, whatever the disk says. */
  rescan: boolean
  /** Null = no cache: everything is read and nothing kept for next time. */
  statCachePath: string | null
  clock: Clock
  /** A lease already held; else one is taken and released here. */
  lease?: Lease
  waitMs?: number
  signal?: AbortSignal
  onProgress?(progress: BackupProgress): void
  onLog?(level: 'info' | 'warning', message: string): void
}

export interface BackupProgress {
  phase: 'waiting' | 'reading' | 'publishing'
  filesDone: number
  /** Null until the walk is through. */
  filesTotal: number | null
  bytesDone: number
  bytesTotal: number | null
  currentPath: string | null
}

export interface BackupOutcome {
  manifest: Manifest
  /** Files that were opened and read; the others were unchanged by stat. */
  filesRead: number
}

/** Files that may wait to be read; a walk that is further ahead pauses. */
const MOST_WAITING = 20_000

/** Takes an archive of the workspace; throws on failure, then nothing is listed. */
export async function runBackup(input: BackupInput): Promise<BackupOutcome> {
  const lease = input.lease ?? (await takeLease(input))
  const data = await input.repository.packWriter('data')
  const meta = await input.repository.packWriter('meta')
  try {
    return await new BackupRun(input, lease, data, meta).run()
  } catch (error) {
    await Promise.all([data.abort(), meta.abort()])
    throw input.signal?.aborted ? cancelled(input.workspace.name) : error
  } finally {
    if (!input.lease) await lease.release()
  }
}

function takeLease(input: BackupInput): Promise<Lease> {
  return input.repository.lock({
    purpose: `backup of ${input.workspace.name}`,
    since: new Date(input.clock.realNowMs()).toISOString(),
    monotonicMs: () => input.clock.monotonicMs(),
    waitMs: input.waitMs ?? 0,
    ...(input.signal ? { signal: input.signal } : {}),
    onWait: (holder) => {
      input.onProgress?.({ phase: 'waiting', filesDone: 0, filesTotal: null, bytesDone: 0, bytesTotal: null, currentPath: holder })
    },
  })
}

const cancelled = (name: string) =>
  new AppError('cancelled', {
    message: `The backup of ${name} was cancelled.`,
    hint: 'Nothing was listed; earlier archives are as they were.',
  })

class BackupRun {
  private readonly findings: Finding[] = []
  private readonly suspicions: Finding[] = []
  private readonly baselines: Record<string, ItemBaseline> = {}
  private readonly progress: BackupProgress = {
    phase: 'reading',
    filesDone: 0,
    filesTotal: null,
    bytesDone: 0,
    bytesTotal: null,
    currentPath: null,
  }
  private filesSeen = 0
  private bytesSeen = 0
  private filesRead = 0
  private readonly input: BackupInput
  private readonly lease: Lease
  private readonly data: PackWriter
  private readonly meta: PackWriter
  private readonly startedMs: number

  constructor(input: BackupInput, lease: Lease, data: PackWriter, meta: PackWriter) {
    this.input = input
    this.lease = lease
    this.data = data
    this.meta = meta
    this.startedMs = input.clock.monotonicMs()
  }

  async run(): Promise<BackupOutcome> {
    const prior = await this.newestOfSeries()
    const stamps = this.input.statCachePath ? readStatCache(this.input.statCachePath, prior?.id ?? null) : null
    const newStamps = new StatCacheWriter()
    const sections = new SectionAssembler(this.meta)
    const lines = new ArchiveLines({
      packs: this.data,
      sections,
      stamps,
      newStamps,
      onFinding: (finding) => this.findings.push(finding),
      onFile: (path, sizeBytes) => this.countRead(path, sizeBytes),
    })
    await this.readAll(prior, stamps, lines)
    this.report({ phase: 'publishing', currentPath: null })
    await this.data.finish()
    const sectionRefs = await sections.finish()
    await this.meta.finish()
    const manifest = this.manifestOf(prior, lines, sectionRefs)
    this.input.signal?.throwIfAborted()
    await this.input.repository.publish(manifest, this.lease, await this.neededPacks(sectionRefs.map(({ id }) => id)))
    await this.afterPublish(manifest, newStamps)
    return { manifest, filesRead: this.filesRead }
  }

  /** The archive this one follows: the highest number of the series. */
  private async newestOfSeries(): Promise<Manifest | null> {
    let newest: Manifest | null = null
    for (const id of await this.input.repository.listArchives()) {
      const manifest = await this.readIfWhole(id)
      if (manifest?.series === this.input.series && manifest.seriesNumber > (newest?.seriesNumber ?? 0)) newest = manifest
    }
    return newest
  }

  private async readIfWhole(id: Manifest['id']): Promise<Manifest | null> {
    try {
      return await this.input.repository.readManifest(id)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.findings.push({ severity: 'warning', code: 'manifest_unreadable', path: id, message: error.message })
      return null
    }
  }

  private async readAll(prior: Manifest | null, stamps: ReturnType<typeof readStatCache>, lines: ArchiveLines): Promise<void> {
    const index = await this.input.repository.index()
    const pool = new ReadPool(this.data, index.shared, { onOutcome: (slot, outcome) => lines.resolve(slot, outcome) })
    const critical = this.input.resolution.items.filter((item) => item.importance === 'critical')
    const alwaysRead = new Set(critical.map((item) => item.key))
    try {
      const decisions = decide({
        repository: this.input.repository,
        prior,
        walk: walkItems(this.input.resolution.items),
        stamps,
        alwaysRead,
        rescan: this.input.rescan,
      })
      for await (const decision of decisions) {
        this.input.signal?.throwIfAborted()
        switch (decision.kind) {
          case 'problem':
            this.findings.push(decision.finding)
            break
          case 'removed':
            break
          case 'unchanged':
            this.see(decision.live)
            lines.keep(decision.prior)
            this.countUnchanged(decision.live)
            break
          case 'describe':
            lines.describe(decision.live, decision.prior)
            break
          case 'read': {
            this.see(decision.live)
            const slot = lines.file(decision.live, decision.prior)
            if (slot === null) this.countUnchanged(decision.live)
            else if (alwaysRead.has(decision.live.itemKey)) await this.readCriticalInto(lines, slot, decision.live, prior)
            else pool.add(slot, decision.live.raw.toString('latin1'), decision.live.stat!.size)
          }
        }
        while (lines.waiting > MOST_WAITING) await this.advance(pool, lines)
        if (decision.kind === 'unchanged' || decision.kind === 'describe') await lines.advance()
      }
      pool.flush()
      this.report({ filesTotal: this.filesSeen, bytesTotal: this.bytesSeen })
      await lines.advance()
      while (lines.waiting > 0) await this.advance(pool, lines)
      await pool.settled()
    } finally {
      await pool.close()
    }
  }

  private async advance(pool: ReadPool, lines: ArchiveLines): Promise<void> {
    await pool.next(this.input.signal)
    await lines.advance()
  }

  /** Critical items are few: they are read here, where their content can be looked at. */
  private async readCriticalInto(lines: ArchiveLines, slot: number, live: WalkEntry, prior: Manifest | null): Promise<void> {
    const item = this.input.resolution.items.find(({ key }) => key === live.itemKey)!
    const { outcome, json, isStable } = await readCritical(
      live.raw.toString('latin1'),
      this.mainSink(),
      this.input.clock,
      this.input.signal,
    )
    lines.resolve(slot, outcome)
    if (!outcome.ok) {
      this.suspicions.push({
        severity: 'warning',
        code: 'critical_unreadable',
        path: live.path,
        message: `${item.label} ${live.path} could not be read (${outcome.errno}).`,
      })
      return
    }
    if (!isStable && (json === null || json.ok)) {
      this.suspicions.push({
        severity: 'warning',
        code: 'state_torn',
        path: live.path,
        message: `${item.label} ${live.path} never read the same twice within the time given. It is stored as it was last read.`,
      })
    }
    if (json === null) return
    this.suspicions.push(...compareBaseline(prior?.baselines[item.key] ?? null, json, live.path))
    const baseline = baselineOf(json)
    if (baseline && item.kind === 'file') this.baselines[item.key] = baseline
  }

  private mainSink(): FrameSink {
    return {
      isKnown: (id) => this.data.has(id),
      accept: async (id, stored, rawBytes) => {
        await this.data.add(id, stored, rawBytes)
      },
    }
  }

  private see(live: WalkEntry): void {
    this.filesSeen++
    this.bytesSeen += live.stat!.size
  }

  private countUnchanged(live: WalkEntry): void {
    if (live.type !== 'file') return
    this.progress.filesDone++
    this.progress.bytesDone += live.stat!.size
  }

  private countRead(path: string, sizeBytes: number): void {
    this.filesRead++
    this.progress.filesDone++
    this.progress.bytesDone += sizeBytes
    this.report({ currentPath: path })
  }

  private report(change: Partial<BackupProgress>): void {
    Object.assign(this.progress, change)
    this.input.onProgress?.({ ...this.progress })
  }

  private manifestOf(prior: Manifest | null, lines: ArchiveLines, sections: Manifest['sections']): Manifest {
    const { workspace, resolution, clock } = this.input
    const createdAtMs = this.createdAtMs(prior)
    this.findings.push(...findingsOf(resolution))
    if (prior) this.suspicions.push(...this.vanishedItems(prior))
    if (prior) this.findings.push(...configChangeFindings(diffConfigPaths(prior.configPaths, resolution.configPaths)))
    return {
      version: 1,
      id: newArchiveId(),
      workspaceId: workspace.id,
      workspaceName: workspace.name,
      root: workspace.root,
      configPath: workspace.configPath,
      series: this.input.series,
      seriesNumber: (prior?.seriesNumber ?? 0) + 1,
      kind: this.input.kind,
      createdAt: new Date(createdAtMs).toISOString(),
      durationMs: Math.round(clock.monotonicMs() - this.startedMs),
      parentId: prior?.id ?? null,
      note: this.input.note,
      actor: this.input.actor,
      host: hostname(),
      tool: this.input.tool,
      maps: workspace.maps,
      extraItems: workspace.extraItems,
      items: resolution.items.map((item) => manifestItem(item, lines)),
      configPaths: resolution.configPaths,
      baselines: this.baselines,
      findings: [...this.findings, ...this.suspicions],
      totals: { ...lines.totals, storedBytes: this.data.storedBytes + this.meta.storedBytes },
      sections,
    }
  }

  /** Archives of a series are in the order of their times even when the clock is set back. */
  private createdAtMs(prior: Manifest | null): number {
    const nowMs = this.input.clock.nowMs()
    const priorMs = prior ? Date.parse(prior.createdAt) : 0
    if (prior === null || nowMs > priorMs) return nowMs
    this.findings.push({
      severity: 'warning',
      code: 'clock_backwards',
      path: null,
      message: `The clock says ${new Date(nowMs).toISOString()}, but the archive before is of ${prior.createdAt}; this one is dated right after it.`,
    })
    return priorMs + 1
  }

  /** A critical item that the archive before had and that is gone now is what a lost state looks like. */
  private vanishedItems(prior: Manifest): Finding[] {
    const gone = this.input.resolution.items.filter(
      (item) =>
        item.importance === 'critical' && item.kind === 'missing' && prior.items.some((had) => had.key === item.key && had.kind === 'file'),
    )
    const findings: Finding[] = gone.map((item) => ({
      severity: 'warning',
      code: 'critical_gone',
      path: item.key,
      message: `${item.label} is gone; the archive before had it.`,
    }))
    this.suspicions.push(...findings)
    return []
  }

  /** The packs of all sections, and the ones written now: enough to notice that something was pruned under this writer. */
  private async neededPacks(sections: string[]): Promise<Set<string>> {
    const index = await this.input.repository.index()
    const packs = new Set([...this.data.packs, ...this.meta.packs])
    for (const id of sections) {
      const location = index.get(id)
      if (location) packs.add(location.pack)
    }
    return packs
  }

  private async afterPublish(manifest: Manifest, newStamps: StatCacheWriter): Promise<void> {
    if (this.suspicions.length > 0) {
      await this.input.repository.addMark(manifest.id, {
        kind: 'suspect',
        at: manifest.createdAt,
        actor: this.input.actor,
        reason: this.suspicions.map(({ message }) => message).join(' '),
        findings: this.suspicions,
      })
    }
    if (this.input.statCachePath === null) return
    try {
      newStamps.save(this.input.statCachePath, manifest.id)
    } catch (error) {
      this.input.onLog?.('warning', `The stat cache could not be written (${String(error)}); the next backup reads everything.`)
    }
  }
}

function manifestItem(item: ResolvedItem, lines: ArchiveLines): ManifestItem {
  const sum = item.archiveName === null ? undefined : lines.perItem.get(item.archiveName)
  return {
    key: item.key,
    label: item.label,
    importance: item.importance,
    kind: item.kind,
    archiveName: item.archiveName,
    sourcePath: item.path,
    configured: item.configured,
    files: sum?.files ?? 0,
    contentBytes: sum?.contentBytes ?? 0,
  }
}
