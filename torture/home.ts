import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { noise, readTree, type SeenPath } from '#test/builders/random-tree.ts'
import { type Bench, type Finished, makeBench, ORCHIVE, runQuickly } from '#test/builders/run-orchive.ts'
import type { Random } from './attack.ts'

/** A verb as a process of its own, which leads a group of its own. */
export interface Started {
  child: ChildProcess
  ended: Promise<End>
}

/** How a verb ended. */
export interface End {
  /** Done, with or without warnings. */
  isDone: boolean
  /** The code of its error; null when it is done or was killed. */
  error: string | null
  /** The archive that it says it took. */
  archiveId: string | null
}

/** A home with a workspace, and what has to be in them whatever falls upon the verbs that run there. */
export class Home {
  /** What each archive holds; null where that is not known, as of safety archives. */
  private readonly known = new Map<string, SeenPath[] | null>()
  /** Archives that somebody asked to forget. */
  private readonly mayGo = new Set<string>()
  /** What those hold that are gone since. */
  private readonly gone = new Map<string, SeenPath[] | null>()
  /** What verbs take for the time; null = the machine's clock. */
  nowMs: number | null
  private readonly bench: Bench
  private exports = 0
  /** What of the root the config names: all else is no archive's business. */
  private covered: ReadonlySet<string> = new Set()

  private constructor(bench: Bench, nowMs: number | null) {
    this.bench = bench
    this.nowMs = nowMs
  }

  /** Makes one in the folder for temporary files; `isQuick`: verbs that are run, not started, share a process. */
  static async make({ isQuick, nowMs = null }: { isQuick: boolean; nowMs?: number | null }): Promise<Home> {
    const home = new Home(await makeBench({ isQuick, shape: 'state-in-root', packs: 6, logs: 2 }), nowMs)
    mkdirSync(home.at('logs/many'))
    for (let i = 0; i < 150; i++) writeFileSync(home.at(`logs/many/${i}.log`), `line ${i}\n`)
    await home.run('backup')
    const entries = (await home.run('ls', 'latest', '--json')).json as { path: string }[]
    home.covered = new Set(entries.map(({ path }) => path))
    await home.learn(home.seen())
    return home
  }

  remove(): void {
    this.bench.remove()
  }

  /** The home folder itself. */
  get folder(): string {
    return this.bench.home
  }

  /** Where a copy may lie. */
  get copy(): string {
    return join(this.bench.folder, 'copy')
  }

  get root(): string {
    return this.bench.workspace.root
  }

  get repository(): string {
    return join(this.bench.home, 'repository')
  }

  get consoleDb(): string {
    return join(this.bench.home, 'prisma-free-db/console.db')
  }

  /** Archives whose content is known, oldest first. */
  get whole(): string[] {
    return [...this.known.keys()].filter((id) => this.known.get(id))
  }

  contentOf(id: string): SeenPath[] | null {
    return this.known.get(id) ?? null
  }

  /** Quickly, in a process that stays; a verb that fails here is a failure. */
  async run(...argv: string[]): Promise<Finished> {
    const finished = await this.try(...argv)
    if (finished.code !== 0 && finished.code !== 3)
      throw new Error(`${argv.join(' ')} ended with ${finished.code}: ${finished.stderr || finished.stdout}`)
    return finished
  }

  /** The same, whatever comes of it. */
  try(...argv: string[]): Promise<Finished> {
    if (this.nowMs === null) return this.bench.run(...argv)
    return runQuickly(this.bench.home, argv, { env: { ORCHIVE_TEST: '1', ORCHIVE_NOW: new Date(this.nowMs).toISOString() } })
  }

  /** As a process of its own; `through` is what starts it. */
  start(argv: readonly string[], through: readonly string[] = []): Started {
    const [command, ...rest] = [...through, ORCHIVE, ...argv, '--home', this.bench.home, '--json']
    const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    return { child, ended: once(child, 'close').then(([code]) => endOf(code as number | null, stdout)) }
  }

  /** Lets time pass over the workspace. */
  live(random: Random): void {
    for (let left = random.below(12); left > 0; left--) {
      const path = this.at(`logs/many/${random.below(200)}.log`)
      if (random.chance(0.2)) rmSync(path, { force: true })
      else if (existsSync(path) && random.chance(0.5)) appendFileSync(path, `more ${random.below(1000)}\n`)
      else writeFileSync(path, noise(random.below(40_000), random.below(1_000_000)))
    }
  }

  /** What of the workspace an archive holds. */
  seen(): SeenPath[] {
    return readTree(Buffer.from(this.root)).filter(({ path }) => this.covered.has(path.split('/')[0]!))
  }

  /** A whole archive as a file outside of everything. */
  async export(id: string): Promise<string> {
    const file = join(this.bench.folder, `export-${this.exports++}.tar`)
    await this.run('export', id, '--output', file)
    return file
  }

  /** Notes that somebody asked to forget an archive: from now on it may be there or not. */
  letGo(id: string): void {
    this.mayGo.add(id)
  }

  /** Notes that an archive is there again, and has to stay. */
  takeBack(id: string): void {
    this.mayGo.delete(id)
    this.known.set(id, this.gone.get(id) ?? null)
    this.gone.delete(id)
  }

  /** Notes archives that are new; of those taken by a backup, what they must hold. */
  async learn(content: SeenPath[] | null): Promise<void> {
    for (const [id, kind] of await this.listed()) if (!this.known.has(id)) this.known.set(id, kind === 'backup' ? content : null)
  }

  /** No archive is gone that nobody asked to forget. Gives the ids of all that are listed. */
  async expectNoneGone(what: string): Promise<ReadonlySet<string>> {
    const listed = await this.listed()
    for (const id of this.mayGo) {
      if (listed.has(id) || !this.known.has(id)) continue
      this.gone.set(id, this.contentOf(id))
      this.known.delete(id)
    }
    const lost = [...this.known.keys()].filter((id) => !listed.has(id))
    if (lost.length > 0) throw new Error(`After ${what}, archives are gone: ${lost.join(', ')}.`)
    return new Set(listed.keys())
  }

  isNew(id: string): boolean {
    return !this.known.has(id)
  }

  /** Every archive is restored and compared, every object read. */
  async lookThrough(): Promise<void> {
    await this.run('prune', '--grace', '0')
    await this.run('catalog', 'rebuild')
    await this.run('verify', '--all', '--level', 'bytes')
    const listed = await this.listed()
    for (const id of this.known.keys()) if (!this.mayGo.has(id) || listed.has(id)) await this.expectRestorable(id)
  }

  /** It is restored, and is what it has to be as far as that is known. */
  async expectRestorable(id: string): Promise<void> {
    const content = this.contentOf(id)
    const target = join(this.bench.folder, 'target')
    await this.run('restore', id, '--target', target)
    if (content) expectSame(readTree(Buffer.from(target)), content, `${id} restored`)
    rmSync(target, { recursive: true })
  }

  private async listed(): Promise<Map<string, string>> {
    const archives = (await this.run('archives', '--json')).json as { id: string; kind: string }[]
    return new Map(archives.map(({ id, kind }) => [id, kind]))
  }

  private at(path: string): string {
    return join(this.root, path)
  }
}

function endOf(code: number | null, stdout: string): End {
  // What was killed may have said half a line.
  if (code === null) return { isDone: false, error: null, archiveId: null }
  const last = stdout.trim().split('\n').at(-1)!
  const said = parseSaid(last)
  if (!said) throw new Error(`A verb ended with ${code}, and with: ${last}`)
  const isDone = code === 0 || code === 3
  return { isDone, error: isDone ? null : (said.code ?? 'none'), archiveId: isDone ? (said.archiveId ?? null) : null }
}

function parseSaid(line: string): { code?: string; archiveId?: string } | null {
  try {
    return JSON.parse(line) as object
  } catch {
    return null
  }
}

export function expectSame(actual: SeenPath[], expected: SeenPath[], what: string): void {
  const found = differences(actual, expected)
  if (found.length > 0) throw new Error(`${what}: ${found.length} paths differ:\n${found.slice(0, 20).join('\n')}`)
}

/** In words, a line for each path that is not the same in both; times within 1 µs are. */
export function differences(actual: SeenPath[], expected: SeenPath[]): string[] {
  const wanted = new Map(expected.map((seen) => [seen.path, seen]))
  const found: string[] = []
  for (const seen of actual) {
    const other = wanted.get(seen.path)
    wanted.delete(seen.path)
    const apart = other ? seen.mtimeNs - other.mtimeNs : 0n
    if (!other) found.push(`${seen.path}: is there`)
    else if (seen.type !== other.type || seen.mode !== other.mode || seen.linkedTo !== other.linkedTo)
      found.push(`${seen.path}: type, mode or link`)
    else if (seen.content !== other.content) found.push(`${seen.path}: content`)
    else if (apart > 1000n || apart < -1000n) found.push(`${seen.path}: time, ${apart} ns apart`)
  }
  return [...found, ...[...wanted.keys()].map((path) => `${path}: is not there`)]
}
