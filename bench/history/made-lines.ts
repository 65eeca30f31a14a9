/** The manifest lines of a made-up workspace, cut into sections, and what a day changes of them. */

import { type Entry, formatEntryLine } from '../../lib/engine/entry.ts'
import { plainCodec } from '../../lib/engine/repository/codec.ts'
import { compressFrame } from '../../lib/engine/repository/frame.ts'
import type { PackWriter } from '../../lib/engine/repository/pack-writer.ts'
import { type CutSection, SectionCutter, type SectionRef, topName } from '../../lib/engine/repository/section.ts'
import type { MadeFiles } from './made-files.ts'

export const FOLDER_FILES = 1000
export const INBOX_FILES = 10_000
const ROTATED = 500
const DEEP_LEVELS = 100
const START_MS = 1_758_999_123_456

export const packFolder = (n: number) => `knowledge-packs/batch-${String(n).padStart(5, '0')}`
export const packFile = (n: number) => `${packFolder(Math.floor(n / FOLDER_FILES))}/knowledge-pack-${START_MS + n * 977}.json`
export const logFile = (n: number) => `logs/run-${String(n).padStart(8, '0')}.jsonl`
/** Every fiftieth name is as long as a file system takes. */
export const inboxFile = (n: number) =>
  `knowledge-packs/inbox/${`${String(n).padStart(6, '0')}-note${n % 50 === 0 ? `-${'a-very-long-name-'.repeat(14)}` : ''}`.slice(0, 250)}.json`
/** Where the deepest file is. */
export const deepFolder = `knowledge-packs/deep/${Array.from({ length: DEEP_LEVELS }, (_, n) => `l${n}`).join('/')}`

interface Line {
  section: number
  at: number
}

interface Section {
  ref: SectionRef
  lines: string[]
}

/** Lines of a workspace of so many files, archive after archive. */
export class MadeLines {
  readonly files: number
  readonly #made: MadeFiles
  readonly #packs: PackWriter
  readonly #versions = new Map<number, number>()
  readonly #places: Line[] = []
  #packSections: Section[] = []
  #logSections: Section[] = []
  #tail: Section[] = []
  /** Of what is there now, and of that below each name at the top. */
  totals = { files: 0, entries: 0, contentBytes: 0 }
  readonly perItem = new Map<string, { files: number; contentBytes: number }>()

  constructor(files: number, made: MadeFiles, packs: PackWriter) {
    this.files = files
    this.#made = made
    this.#packs = packs
  }

  get sections(): SectionRef[] {
    return [...this.#packSections, ...this.#logSections, ...this.#tail].map(({ ref }) => ref)
  }

  /** Everything, as the first archive has it. */
  first(): void {
    this.#packSections = this.#cut(this.#packEntries())
    this.#day(0)
  }

  /** What another day changes: 4 in 1,000 files have new content, most of them in a few folders; logs are rotated. */
  next(day: number): void {
    const changed = new Set<number>()
    const daily = Math.floor(this.files / 250)
    const start = (day * 7919 * FOLDER_FILES) % Math.max(1, this.files)
    for (let n = 0; n < daily * 0.93; n++) changed.add((start + n) % this.files)
    for (let n = 0; n < daily * 0.07; n++) changed.add((n * 104_729 + day * 1_299_709) % this.files)
    const touched = new Set<number>()
    for (const n of changed) {
      const version = (this.#versions.get(n) ?? 0) + 1
      this.#versions.set(n, version)
      const { section, at } = this.#places[n]!
      const old = this.#packSections[section]!
      const entry = this.#made.file(packFile(n), n, version)
      this.#count(old.lines[at]!, -1)
      old.lines[at] = formatEntryLine(entry)
      this.#count(old.lines[at]!, 1)
      touched.add(section)
    }
    for (const section of touched) this.#storeAgain(this.#packSections[section]!)
    this.#day(day)
  }

  *#packEntries(): Generator<Entry> {
    yield this.#made.folder('knowledge-packs')
    for (let n = 0; n < this.files; n++) {
      if (n % FOLDER_FILES === 0) yield this.#made.folder(packFolder(n / FOLDER_FILES))
      yield this.#made.file(packFile(n), n, 0)
    }
    if (this.files < INBOX_FILES) return
    for (let depth = 2; depth <= DEEP_LEVELS + 2; depth++) yield this.#made.folder(deepFolder.split('/').slice(0, depth).join('/'))
    yield this.#made.file(`${deepFolder}/at-the-bottom.json`, 7, 0)
    yield this.#made.folder('knowledge-packs/inbox')
    for (let n = 0; n < INBOX_FILES; n++) yield this.#made.file(inboxFile(n), n, 0)
  }

  #day(day: number): void {
    for (const { lines } of [...this.#logSections, ...this.#tail]) for (const line of lines) this.#count(line, -1)
    const rotated = Math.min(ROTATED, Math.ceil(this.files / 200))
    const logs = [this.#made.folder('logs')]
    for (let n = 0; n < 2 * rotated; n++) logs.push(this.#made.file(logFile(day * rotated + n), day * rotated + n, 0))
    this.#logSections = this.#cut(logs)
    this.#tail = this.#cut([
      this.#made.own('orchestrator_config.json', CONFIG_TEXT, 0),
      this.#made.own('orchestrator_state.json', stateText(day), day),
    ])
  }

  #cut(entries: Iterable<Entry>): Section[] {
    const cutter = new SectionCutter(plainCodec)
    const sections: Section[] = []
    let lines: string[] = []
    const keep = (cut: CutSection | null) => {
      if (!cut) return
      this.#store(cut)
      sections.push({ ref: { id: cut.id, entries: cut.entries, firstPath: cut.firstPath }, lines })
      lines = []
    }
    for (const entry of entries) {
      const line = formatEntryLine(entry)
      this.#count(line, 1)
      keep(cutter.endBefore(entry.path))
      if (entry.type === 'file' && entry.path.startsWith('knowledge-packs/batch-'))
        this.#places.push({ section: sections.length, at: lines.length })
      lines.push(line)
      keep(cutter.push(entry.path, line))
    }
    keep(cutter.take())
    return sections
  }

  /** A section whose lines changed; its paths, and so its cuts, are the same. */
  #storeAgain(section: Section): void {
    const cutter = new SectionCutter(plainCodec)
    let cut: CutSection | null = null
    for (const line of section.lines) cut = cutter.push(line.slice(line.lastIndexOf('\t') + 1), line) ?? cut
    cut = cutter.take() ?? cut
    this.#store(cut!)
    section.ref = { id: cut!.id, entries: cut!.entries, firstPath: cut!.firstPath }
  }

  #store(cut: CutSection): void {
    if (!this.#packs.has(cut.id)) this.#packs.add(cut.id, compressFrame(cut.raw, 3), cut.raw.length)
  }

  #count(line: string, by: 1 | -1): void {
    const [type, size] = line.split('\t', 2) as [string, string]
    const files = type === 'f' ? by : 0
    const contentBytes = by * Number(size)
    this.totals.entries += by
    this.totals.files += files
    this.totals.contentBytes += contentBytes
    const top = topName(line.slice(line.lastIndexOf('\t') + 1))
    const sum = this.perItem.get(top) ?? { files: 0, contentBytes: 0 }
    this.perItem.set(top, { files: sum.files + files, contentBytes: sum.contentBytes + contentBytes })
  }
}

export const CONFIG_TEXT = `${JSON.stringify({ docsPath: './docs', logsDir: './logs', knowledgePackDir: './knowledge-packs', stateFile: './orchestrator_state.json' }, null, 2)}\n`

/** A state that grows by an agent a day, up to 60, and whose tasks move on. */
export function stateText(day: number): string {
  const agents = Array.from({ length: Math.min(60, 5 + day) }, (_, n) => ({
    id: `agent-${n}`,
    status: (day + n) % 5 === 0 ? 'idle' : 'working',
    tasksDone: n * 3 + day,
  }))
  return `${JSON.stringify({ version: 1, day, agents, queue: agents.map(({ id }) => ({ agent: id, task: `task-${day}` })) }, null, 2)}\n`
}
