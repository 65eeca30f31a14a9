/**
 * Takes an archive. Order, always: lease → read and pack → packs durable → suspect mark, if any → manifest durable (the archive exists from here
 * on) → stat cache. Anything that fails before the manifest leaves nothing listed and gives the space back; a cancelled run keeps the packs that
 * were durable already, as orphans that the next one finds and need not write again.
 */
import { AppError } from '#lib/base/errors.ts'
import { newArchiveId } from '#lib/base/ids.ts'
import type { Finding } from '../finding.ts'
import { settledPacks } from '../prune/move-pack.ts'
import type { Lease } from '../repository/lease.ts'
import { type Manifest, manifestName } from '../repository/manifest.ts'
import { ArchivePass, type PassInput, type PassResult } from './archive-pass.ts'
import { ArchiveWriters } from './archive-writers.ts'
import type { BackupInput, BackupOutcome } from './backup-input.ts'
import { composeManifest } from './compose-manifest.ts'
import { keepsStoredLines } from './kept-lines.ts'
import { PriorUnreadable } from './prior-archive.ts'
import { ProgressMeter } from './progress-meter.ts'
import { newestTrusted, readSeriesHistory, type SeriesHistory } from './series-history.ts'
import { type KnownArchives, readStatCache, type StatCache } from './stat-cache.ts'

export type { BackupInput, BackupOutcome, BackupProgress } from './backup-input.ts'

/** Takes an archive of the workspace; throws on failure, then nothing is listed. */
export async function runBackup(input: BackupInput): Promise<BackupOutcome> {
  const meter = new ProgressMeter(input.clock, input.onProgress)
  const lease = input.lease ?? (await takeLease(input, meter))
  try {
    return await new BackupRun(input, lease, meter).run()
  } finally {
    if (!input.lease) await lease.release()
  }
}

async function takeLease(input: BackupInput, meter: ProgressMeter): Promise<Lease> {
  try {
    return await input.repository.lock({
      purpose: `backup of ${input.workspace.name}`,
      since: new Date(input.clock.realNowMs()).toISOString(),
      monotonicMs: () => input.clock.monotonicMs(),
      waitMs: input.waitMs ?? 0,
      ...(input.signal ? { signal: input.signal } : {}),
      onWait: (holder) => meter.wait(holder),
    })
  } catch (error) {
    throw input.signal?.aborted ? cancelled(input) : error
  }
}

function cancelled({ workspace }: BackupInput): AppError {
  return new AppError('cancelled', {
    message: `The backup of ${workspace.name} was cancelled.`,
    hint: 'Nothing was listed; earlier archives are as they were.',
  })
}

class BackupRun {
  private readonly input: BackupInput
  private readonly lease: Lease
  private readonly meter: ProgressMeter
  private readonly writers: ArchiveWriters
  private readonly startedMs: number
  private readonly archiveId = newArchiveId()
  private isMarked = false

  constructor(input: BackupInput, lease: Lease, meter: ProgressMeter) {
    this.input = input
    this.lease = lease
    this.meter = meter
    this.writers = new ArchiveWriters(input.repository)
    this.startedMs = input.clock.monotonicMs()
  }

  async run(): Promise<BackupOutcome> {
    try {
      return await this.take()
    } catch (error) {
      await this.undo()
      throw this.input.signal?.aborted ? cancelled(this.input) : await this.lease.reasonFor(error)
    }
  }

  private async take(): Promise<BackupOutcome> {
    const { input, meter } = this
    const { repository, signal } = input
    const cache = input.statCachePath === null ? null : readStatCache(input.statCachePath)
    const history = await readSeriesHistory(repository, input.series, cache?.facts.archives ?? {})
    const packs = await settledPacks(repository)
    const pass = await this.readAll(history, cache, packs)
    signal?.throwIfAborted()
    meter.publish()
    const stored = await this.writers.finish()
    const durationMs = input.clock.monotonicMs() - this.startedMs
    const manifest = composeManifest({ id: this.archiveId, input, history, pass, storedBytes: stored.storedBytes, durationMs })
    signal?.throwIfAborted()
    input.beforePublish?.()
    if (input.skipUnchanged && pass.suspicions.length === 0 && history.newest && (await this.holdsTheSame(manifest, history.newest))) {
      return { manifest: history.newest, filesRead: pass.filesRead, isUnchanged: true }
    }
    const allPacks = [...packs, ...stored.packs]
    if (pass.suspicions.length > 0) await this.markSuspect(manifest, pass.suspicions)
    await repository.publish(manifest, this.lease, allPacks)
    this.saveCache(manifest, history, pass, allPacks)
    return { manifest, filesRead: pass.filesRead, isUnchanged: false }
  }

  /** Builds on the archive that the stat cache is of, else on the newest; without either when its lines cannot be read any more. */
  private async readAll(history: SeriesHistory, cache: StatCache | null, packs: readonly string[]): Promise<PassResult> {
    const { input, writers, meter } = this
    const cached = cache ? await this.archiveOf(cache, history) : null
    const basis = cached ?? history.newest
    const trusted = await newestTrusted(input.repository, history.newest)
    const findings: Finding[] = []
    const common = { input, writers, meter, trusted }
    const attempts: Pick<PassInput, 'basis' | 'cache' | 'mayKeep'>[] = [
      { basis, cache: cached ? cache : null, mayKeep: cached ? await keepsStoredLines(cache!, packs, writers) : undefined },
      { basis: null, cache: null, mayKeep: undefined },
    ]
    for (const attempt of attempts) {
      try {
        const pass = await new ArchivePass({ ...common, ...attempt }).run()
        pass.suspicions.unshift(...this.vanishedItems(trusted, pass))
        pass.findings.unshift(...history.findings, ...findings)
        return pass
      } catch (error) {
        if (!(error instanceof PriorUnreadable) || attempt.basis === null) throw error
        findings.push(priorUnreadable(attempt.basis, error))
        input.onLog?.('warning', `The lines of ${attempt.basis.id} cannot be read; every file is read instead. ${error.message}`)
        meter.restart()
      }
    }
    throw new AppError('internal', { message: 'A pass without an archive before it cannot miss its lines.' })
  }

  private async archiveOf(cache: StatCache, history: SeriesHistory): Promise<Manifest | null> {
    if (!(cache.archiveId in history.archives)) return null
    const manifest = cache.archiveId === history.newest?.id ? history.newest : await this.readIfWhole(cache)
    return manifest?.totals.entries === cache.count ? manifest : null
  }

  private async readIfWhole({ archiveId }: StatCache): Promise<Manifest | null> {
    try {
      return await this.input.repository.readManifest(archiveId)
    } catch (error) {
      if (error instanceof AppError) return null
      throw error
    }
  }

  /** The same sections are the same entries, byte for byte; where they come from and what was found has to be the same, too. */
  private async holdsTheSame(fresh: Manifest, newest: Manifest): Promise<boolean> {
    const told = ({ sections, items, configPaths, root, configPath, maps, extraItems, findings }: Manifest) =>
      JSON.stringify([sections, items, configPaths, root, configPath, maps, extraItems, findings.map(({ code, path }) => [code, path])])
    if (told(fresh) !== told(newest)) return false
    return (await newestTrusted(this.input.repository, newest))?.id === newest.id
  }

  /** A critical item that an archive had and that is gone now is what a lost state looks like. */
  private vanishedItems(trusted: Manifest | null, pass: PassResult): Finding[] {
    // A part does not say what became of the rest.
    if (this.input.only) return []
    const had = new Set(trusted?.items.filter(({ files }) => files > 0).map(({ key }) => key))
    const told = new Set(pass.suspicions.map(({ path }) => path))
    return this.input.resolution.items
      .filter(
        ({ importance, key, archiveName }) => importance === 'critical' && had.has(key) && !pass.perItem.has(key) && !told.has(archiveName),
      )
      .map(({ label, key, archiveName }) => ({
        severity: 'warning',
        code: 'critical_gone',
        path: archiveName ?? key,
        message: `${label} is gone; an archive before had it.`,
      }))
  }

  /** Before the manifest: an archive that is suspect is never listed without its mark. */
  private async markSuspect(manifest: Manifest, findings: Finding[]): Promise<void> {
    this.isMarked = true
    await this.input.repository.addMark(manifest.id, {
      kind: 'suspect',
      at: manifest.createdAt,
      actor: this.input.actor,
      reason: findings.map(({ message }) => message).join(' '),
      findings,
    })
  }

  private saveCache(manifest: Manifest, history: SeriesHistory, pass: PassResult, packs: string[]): void {
    const { statCachePath, keepStatCache } = this.input
    if (statCachePath === null || keepStatCache === false) return
    const archives: KnownArchives = { ...history.archives, [manifest.id]: [manifest.series, manifest.seriesNumber] }
    try {
      pass.stamps.save(statCachePath, manifest.id, { archives, packs, lines: pass.lines })
    } catch (error) {
      this.input.onLog?.('warning', `The stat cache could not be written (${String(error)}); the next backup reads everything.`)
    }
  }

  /** Leaves the repository as it was. Packs go only while the lease is certainly ours: nobody else can have built on them. */
  private async undo(): Promise<void> {
    const { repository, signal } = this.input
    try {
      const isListed = (await repository.storage.stat(manifestName(this.archiveId))) !== null
      await this.writers.abort({ removePacks: !signal?.aborted && !isListed && (await this.lease.isHeld()) })
      if (this.isMarked && !isListed) await repository.removeMarks(this.archiveId)
    } catch (error) {
      // The failure that led here is the one to tell; what is left over is unfinished or an orphan, and the next writer deals with both.
      this.input.onLog?.('warning', `Not everything could be given back: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

function priorUnreadable(basis: Manifest, error: Error): Finding {
  const message = `Parts of the record of ${basis.id} cannot be read, so every file was read again. ${error.message}`
  return { severity: 'warning', code: 'prior_unreadable', path: basis.id, message }
}
