/** One pass over the workspace: walk → decide → read what has to be read → lines, sections, stamps. Nothing is listed by it. */
import { setImmediate as breathe } from 'node:timers/promises'
import type { Finding } from '../finding.ts'
import type { ItemBaseline, Manifest } from '../repository/manifest.ts'
import { type WalkEntry, walkItems } from '../workspace/walk.ts'
import { ArchiveLines, type FileOutcome } from './archive-lines.ts'
import type { ArchiveWriters } from './archive-writers.ts'
import type { BackupInput } from './backup-input.ts'
import { CriticalReader } from './critical-item.ts'
import { Decider } from './decide.ts'
import { FileReader } from './file-reader.ts'
import { PriorArchive } from './prior-archive.ts'
import type { ProgressMeter } from './progress-meter.ts'
import { ReadPool } from './read-pool.ts'
import { type ReadResult, type ReadTask, readForArchive } from './read-task.ts'
import { SectionAssembler } from './section-assembler.ts'
import { newStamps, RECORD_BYTES } from './stamp.ts'
import { type StatCache, StatCacheWriter } from './stat-cache.ts'

/** Entries that may wait for a read; a walk that is further ahead pauses. */
const MOST_WAITING = 10_000
/** Between looking up from the walk. */
const STEPS = 256

export interface PassInput {
  input: BackupInput
  writers: ArchiveWriters
  meter: ProgressMeter
  /** The archive whose lines are built on; null = none. */
  basis: Manifest | null
  /** Stamps of `basis`; null = none that can be believed. */
  cache: StatCache | null
  /** A line of `basis` may be kept only when this says so; undefined = always. */
  mayKeep: ((line: string) => boolean) | undefined
  /** What critical items are compared with. */
  trusted: Manifest | null
}

export interface PassResult {
  sections: Manifest['sections']
  totals: ArchiveLines['totals']
  perItem: ArchiveLines['perItem']
  findings: Finding[]
  /** Findings that make the archive suspect. */
  suspicions: Finding[]
  baselines: Record<string, ItemBaseline>
  filesRead: number
  stamps: StatCacheWriter
  /** Lines of the files that every backup reads, by path. */
  lines: Record<string, string>
}

export class ArchivePass {
  private readonly pass: PassInput
  private readonly findings: Finding[] = []
  private readonly prior: PriorArchive
  private readonly lines: ArchiveLines
  private readonly sections: SectionAssembler
  private readonly stamps: StatCacheWriter
  private readonly critical: CriticalReader
  private pool: ReadPool | null = null
  private filesRead = 0
  private steps = 0

  constructor(pass: PassInput) {
    this.pass = pass
    const { writers, cache, basis } = pass
    this.prior = new PriorArchive(pass.input.repository, basis)
    this.stamps = new StatCacheWriter()
    this.sections = new SectionAssembler(pass.input.repository.codec, this.prior, () => writers.meta())
    this.critical = new CriticalReader(pass)
    this.lines = new ArchiveLines({
      prior: this.prior,
      stamps: cache?.views ?? null,
      newStamps: this.stamps,
      sections: this.sections,
      openSink: () => writers.data(),
      readNow: (live, n) => this.readNow(live, n),
      onFinding: (finding) => this.findings.push(finding),
      onFileRead: (path, sizeBytes) => {
        this.filesRead++
        pass.meter.done(path, sizeBytes)
      },
    })
  }

  async run(): Promise<PassResult> {
    const { signal } = this.pass.input
    const stir = () => this.pool?.stir()
    signal?.addEventListener('abort', stir)
    try {
      await this.walk()
      this.pass.meter.total()
      await this.pool?.end(signal)
      for (await this.lines.advance(); this.lines.waiting > 0; await this.lines.advance()) await this.waitForRead()
      await this.pool?.drain()
    } finally {
      signal?.removeEventListener('abort', stir)
      await this.pool?.close()
    }
    const { totals, perItem } = this.lines
    const { suspicions, baselines, lines, findings } = this.critical
    const sections = await this.sections.finish()
    const all = [...this.findings, ...findings]
    return { sections, totals, perItem, findings: all, suspicions, baselines, lines, filesRead: this.filesRead, stamps: this.stamps }
  }

  private async walk(): Promise<void> {
    const { input, cache, mayKeep } = this.pass
    const { prior } = this
    const decider = new Decider({ prior, stamps: cache?.views ?? null, alwaysRead: this.critical.keys, rescan: input.rescan, mayKeep })
    for (const live of walkItems(input.resolution.items)) {
      if (++this.steps % STEPS === 0) await this.lookUp()
      if (input.only && !input.only(live.path)) continue
      if (live.problem) this.findings.push(live.problem)
      if (live.type === 'other' || live.stat === null) continue
      if (live.type === 'file') this.pass.meter.see(live.stat.size)
      const decided = decider.decide(live)
      const { kind, n } = decided instanceof Promise ? await decided : decided
      if (kind === 'keep') {
        this.lines.keep(live, n)
        if (live.type === 'file') this.pass.meter.done(null, live.stat.size)
      } else if (kind === 'describe') this.lines.describe(live, n)
      else await this.readLater(live, n)
    }
  }

  private async readLater(live: WalkEntry, n: number | null): Promise<void> {
    const slot = this.lines.file(live, n)
    if (slot === null) {
      this.pass.meter.done(null, live.stat!.size)
      return
    }
    const line = n === null ? null : (this.pass.cache?.facts.lines[live.path] ?? (await this.prior.line(n)))
    if (this.critical.keys.has(live.itemKey)) {
      const outcome = await this.critical.read(live, line)
      if (outcome) return this.lines.resolve(slot, outcome)
    }
    this.pool ??= await this.startPool()
    this.pool.add(this.task(slot, live, line), live.stat!.size)
  }

  private task(slot: number, live: WalkEntry, prior: string | null): ReadTask {
    return { slot, raw: live.raw.toString('latin1'), path: live.path, prior, takenAtMs: this.pass.input.clock.realNowMs() }
  }

  private async startPool(): Promise<ReadPool> {
    const { writers, meter } = this.pass
    const [sink, index] = await Promise.all([writers.data(), writers.index()])
    return new ReadPool({
      sink,
      known: index.shared,
      onResult: (result, stamps, n) => this.lines.resolve(result.slot, outcomeOf(result, stamps, n)),
      onBytes: (bytes) => meter.read(bytes),
    })
  }

  /** Now and then: write what is known, let results and signals in, and do not run too far ahead. */
  private async lookUp(): Promise<void> {
    this.pass.input.signal?.throwIfAborted()
    await this.lines.advance()
    while (this.lines.waiting > MOST_WAITING && this.pool?.isWorthThreads) {
      await this.waitForRead()
      await this.lines.advance()
    }
    await breathe()
  }

  private async waitForRead(): Promise<void> {
    this.pass.input.signal?.throwIfAborted()
    await this.pool!.next()
    this.pass.input.signal?.throwIfAborted()
  }

  private async readNow(live: WalkEntry, n: number | null): Promise<FileOutcome> {
    const sink = await this.pass.writers.data()
    const stamps = newStamps(1)
    const task = this.task(0, live, n === null ? null : await this.prior.line(n))
    const reader = new FileReader(sink)
    try {
      return outcomeOf(await readForArchive(task, reader, sink, stamps, 0), stamps.bytes, 0)
    } finally {
      reader.release()
    }
  }
}

function outcomeOf(result: ReadResult, stamps: Uint8Array, n: number): FileOutcome {
  if ('failure' in result) return { failure: result.failure }
  return { line: result.line, note: result.note, stamp: stamps.slice(n * RECORD_BYTES, (n + 1) * RECORD_BYTES) }
}
