import { createHash } from 'node:crypto'
import { cpSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Writable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import { isAppError } from '#lib/base/errors.ts'
import { newJobId } from '#lib/base/ids.ts'
import { compressFrame } from '#lib/engine/repository/frame.ts'
import { indexNameOf, packName } from '#lib/engine/repository/pack.ts'
import { openRepository, type Repository } from '#lib/engine/repository/repository.ts'
import { openObject, sealObject } from '#lib/engine/repository/seal.ts'
import { executeRestore } from '#lib/engine/restore/execute-restore.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { EXPORT_FORMATS, exportTar } from '#lib/engine/tar/export-stream.ts'
import { verifyArchive } from '#lib/engine/verify/verify-archive.ts'
import { verifyRepository } from '#lib/engine/verify/verify-repository.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { noise, readTree } from '#test/builders/random-tree.ts'
import { type Attack, Random, type Tally } from '../attack.ts'
import { mutate } from '../mutate.ts'

/** Repositories that a round makes and reads. */
const INPUTS = 10
/** Of the processor's time; all of them are small. */
const LONGEST_MS = 10_000
const MOST_BYTES = 900 * 1024 * 1024

export const hostileRepositories: Attack = {
  name: 'hostile-repos',
  about:
    'repositories made to do harm, every checksum of theirs right, are opened, verified, exported and restored, or refused; nothing is written outside',
  share: 2,
  async open(folder) {
    const ground = new Ground(folder, await makeRepository())
    return { round: (seed) => ground.round(new Random(seed)), close: async () => undefined }
  },
}

class Ground {
  private readonly folder: string
  private readonly good: string
  private readonly prey: string
  private readonly before
  private readonly startedBytes = process.resourceUsage().maxRSS * 1024

  constructor(folder: string, good: string) {
    this.folder = folder
    this.good = good
    this.prey = join(folder, 'prey')
    mkdirSync(this.prey)
    writeFileSync(join(this.prey, 'kept'), 'nobody may touch this')
    this.before = readTree(Buffer.from(this.prey))
  }

  async round(random: Random): Promise<Tally> {
    const tally: Tally = { repositories: INPUTS, 'read to the end': 0, 'refused somewhere': 0 }
    for (let i = 0; i < INPUTS; i++) {
      const path = join(this.folder, 'repository')
      cpSync(this.good, path, { recursive: true })
      const tampering = new Tampering(path, this.prey, random)
      for (let left = 1 + random.below(3); left > 0; left--) tampering.once()
      const started = process.cpuUsage()
      const isRefused = await this.readAll(path, tampering.done)
      const { user, system } = process.cpuUsage(started)
      if ((user + system) / 1000 > LONGEST_MS)
        throw new Error(`It took ${Math.round((user + system) / 1000)} ms: ${tampering.done.join(', ')}`)
      tally[isRefused ? 'refused somewhere' : 'read to the end']!++
      rmSync(path, { recursive: true })
    }
    const grownBytes = process.resourceUsage().maxRSS * 1024 - this.startedBytes
    if (grownBytes > MOST_BYTES) throw new Error(`The process grew by ${Math.round(grownBytes / 1e6)} MB.`)
    return tally
  }

  /** True when something of it was refused. */
  private async readAll(path: string, done: readonly string[]): Promise<boolean> {
    const storage = openLocalStorage(path)
    let isRefused = false
    const attempt = async (what: string, work: () => Promise<unknown>) => {
      try {
        await work()
      } catch (error) {
        if (!isAppError(error) || error.code === 'internal') throw new Error(`${what} threw after ${done.join(', ')}`, { cause: error })
        isRefused = true
      }
      const names = readdirSync(this.folder).filter((name) => name !== 'target')
      if (names.join(' ') !== 'prey repository' || !isDeepStrictEqual(readTree(Buffer.from(this.prey)), this.before))
        throw new Error(`${what} wrote outside after ${done.join(', ')}`)
    }
    await attempt('Opening', async () => {
      const repository = await openRepository(storage)
      await attempt('Verifying all', () => verifyRepository({ repository }))
      await attempt('Listing', async () => {
        for (const id of await repository.listArchives()) {
          await attempt('Reading marks', () => repository.marksOf(id))
          await attempt('Reading', () => this.readOne(repository, id, attempt))
        }
      })
    })
    storage.close()
    return isRefused
  }

  private async readOne(repository: Repository, id: Parameters<Repository['reader']>[0], attempt: Attempt): Promise<void> {
    const reader = await repository.reader(id)
    const { manifest } = reader
    await attempt('Verifying', () => verifyArchive({ repository, reader, manifest, level: 'config' }))
    for (const format of EXPORT_FORMATS)
      await attempt(`Exporting as ${format}`, () => exportTar(reader, { format, manifestJson: null }, nowhere()))
    const target = join(this.folder, 'target')
    await attempt('Restoring', () => executeRestore({ reader, manifest, paths: [], target, items: [], jobId: newJobId() }))
    rmSync(target, { recursive: true, force: true })
  }
}

type Attempt = (what: string, work: () => Promise<unknown>) => Promise<void>

const nowhere = () => new Writable({ write: (_piece, _encoding, done) => done() })
const sumOf = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Values that no field of a manifest has. */
const ODD = [
  ...[
    'null',
    '-1',
    '0',
    '1e308',
    '9007199254740993',
    '""',
    '"\\u0000"',
    '"../x"',
    '"\\u001b[2J"',
    '[]',
    '{}',
    '[null]',
    '[[[[]]]]',
    'true',
  ],
  ...['"9999-12-31T23:59:59.999Z"', '"+275760-09-13T00:00:00.000Z"', '{"__proto__":{"files":1}}', '"arc_000000000000000000000000"'],
]

/** Changes to a repository that leave every checksum and every name right. */
class Tampering {
  readonly done: string[] = []
  private readonly path: string
  private readonly prey: string
  private readonly random: Random

  constructor(path: string, prey: string, random: Random) {
    this.path = path
    this.prey = prey
    this.random = random
  }

  once(): void {
    const { random } = this
    const kinds = [
      this.header,
      this.header,
      this.entryLine,
      this.entryLine,
      this.entryLine,
      this.index,
      this.frame,
      this.mark,
      this.head,
      this.name,
    ]
    const kind = random.pick(kinds)
    this.done.push(kind.call(this))
  }

  private names(shape: RegExp): string[] {
    const files = readdirSync(this.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const names = files.map(({ parentPath, name }) => relative(this.path, join(parentPath, name)))
    return names.filter((name) => shape.test(name)).sort()
  }

  private put(name: string, bytes: Uint8Array): void {
    const path = join(this.path, name)
    mkdirSync(dirname(path), { recursive: true })
    rmSync(path, { recursive: true, force: true })
    writeFileSync(path, bytes)
  }

  private manifest(change: (lines: string[]) => string[]): void {
    const name = this.random.pick(this.names(/^manifests\/arc_.*\.mft\.zst$/))
    if (name === undefined) return
    const lines = change(
      openObject(readFileSync(join(this.path, name)))
        .toString()
        .split('\n')
        .slice(0, -2),
    )
    const body = `${lines.join('\n')}\n`
    this.put(name, sealObject(Buffer.from(`${body}end ${lines.length} ${sumOf(body)}\n`)))
  }

  private header(): string {
    const { random } = this
    let what = 'a header'
    this.manifest((lines) => {
      const at = 1 + random.below(lines.length - 1)
      const [name, ...value] = lines[at]!.split('\t')
      const odd = random.chance(0.6)
        ? random.pick(ODD)
        : mutate(Buffer.from(value.join('\t')), Buffer.from(value[0] ?? ''), random).toString()
      what = `${name} = ${odd.slice(0, 200)}`
      return random.chance(0.1) ? lines.toSpliced(at, 1) : lines.with(at, `${name}\t${odd.replaceAll('\n', ' ')}`)
    })
    return what
  }

  /** A line of a section, in a pack that is new. */
  private entryLine(): string {
    const { random } = this
    let what = 'a line'
    this.manifest((manifest) => {
      const sections = manifest.flatMap((line, i) => (line.startsWith('section\t') ? [i] : []))
      const at = random.pick(sections)
      if (at === undefined) return manifest
      const [, id, entries, firstPath] = manifest[at]!.split('\t') as [string, string, string, string]
      const raw = this.frameOf(id)
      if (raw === null) return manifest
      const lines = raw.toString().split('\n').slice(0, -1)
      const which = random.below(lines.length)
      lines[which] = this.oddLine(lines[which]!, random.pick(lines))
      what = lines[which]!.slice(0, 300)
      const changed = Buffer.from(`${(random.chance(0.1) ? lines.toReversed() : lines).join('\n')}\n`)
      this.addPack([{ raw: changed, stored: compressFrame(changed) }])
      return manifest.with(at, ['section', sumOf(changed), entries, firstPath].join('\t'))
    })
    return what
  }

  private oddLine(line: string, other: string): string {
    const { random } = this
    const fields = line.split('\t')
    const at = random.below(fields.length)
    const odd: string[][] = [
      ['f', 'd', 'l', 'h'],
      ['0', '1', '9007199254740991', '4194817'],
      ['0.000000000', '-1.500000000', '999999999999999.999999999', '-999999999999999.000000000'],
      ['7777', '0', '4755'],
      ['0', '4294967295', '4294967296', '9999999999'],
      ['4294967295', '9999999999'],
      ['-', '0'.repeat(64)],
      ['', fields[7]!.split(',').toReversed().join(','), `${fields[7]},${fields[7]}`, 'f'.repeat(64)],
      [this.prey, `${this.prey}/kept`, '../../prey/kept', '/etc/passwd', 'logs', '-', '\\x00'],
      [
        `..${this.prey}/new`,
        '../prey/new',
        this.prey,
        'logs/..',
        '.',
        'logs',
        'logs/out/below',
        `logs/${'n'.repeat(300)}`,
        'logs/\\x00',
        '\\x41',
      ],
    ]
    return fields.with(at, random.chance(0.5) ? random.pick(odd[at] ?? ['']) : (other.split('\t')[at] ?? '')).join('\t')
  }

  private index(): string {
    const { random } = this
    const name = random.pick(this.names(/^packs\/.*\.idx\.zst$/))
    if (name === undefined) return 'no index'
    const lines = openObject(readFileSync(join(this.path, name)))
      .toString()
      .split('\n')
      .slice(0, -1)
    if (lines.length < 2) return 'an empty index'
    const at = 1 + random.below(lines.length - 1)
    const fields = lines[at]!.split(' ')
    const which = 1 + random.below(3)
    fields[which] = random.pick(['0', '1', '4294967295', '1073741824', '99999999999999999999', `${Number(fields[which]) + 1}`])
    const changed = random.chance(0.2) ? lines.toSpliced(at, 1) : lines.with(at, fields.join(' '))
    this.put(name, sealObject(Buffer.from(`${changed.join('\n')}\n`)))
    return `index: ${fields.slice(1).join(' ')}`
  }

  /** A pack of one frame that is changed somewhere, under its right name; its index says the id that it had. */
  private frame(): string {
    const { random } = this
    const name = random.pick(this.names(/^packs\/.*\.idx\.zst$/))
    if (name === undefined) return 'no frame'
    const [, ...lines] = openObject(readFileSync(join(this.path, name)))
      .toString()
      .split('\n')
      .slice(0, -1)
    const [id, offset, length] = random.pick(lines)?.split(' ') ?? []
    if (!id || !this.names(/\.pack$/).includes(name.replace('.idx.zst', '.pack'))) return 'no frame'
    const pack = readFileSync(join(this.path, name.replace('.idx.zst', '.pack')))
    const stored = pack.subarray(Number(offset), Number(offset) + Number(length))
    const changed = random.chance(0.3) ? compressFrame(Buffer.alloc(random.pick([0, 3_000_000, 60_000_000]))) : mutate(stored, pack, random)
    if (changed.length === 0) return 'no frame'
    unlinkSync(join(this.path, name))
    unlinkSync(join(this.path, name.replace('.idx.zst', '.pack')))
    const bytes = Buffer.concat([pack.subarray(0, Number(offset)), changed, pack.subarray(Number(offset) + Number(length))])
    this.put(packName(sumOf(bytes)), bytes)
    if (random.chance(0.7)) {
      const moved = changed.length - Number(length)
      const text = lines.map((line) => {
        const [one, from, stored, raw] = line.split(' ')
        return one === id
          ? `${one} ${from} ${changed.length} ${raw}`
          : `${one} ${Number(from) + (Number(from) > Number(offset) ? moved : 0)} ${stored} ${raw}`
      })
      this.put(indexNameOf(packName(sumOf(bytes))), sealObject(Buffer.from(`orchive-index 1 data\n${text.join('\n')}\n`)))
    }
    return `frame ${id.slice(0, 8)} of ${changed.length} bytes`
  }

  private mark(): string {
    const { random } = this
    const name = random.pick(this.names(/^manifests\/arc_/))
    if (name === undefined) return 'no mark'
    const line = `{"kind":${random.pick(['"hold"', '"grade"', '"forget"', '"suspect"', '7'])},"at":${random.pick(ODD)},"actor":${random.pick(ODD)},"reason":${random.pick(ODD)},"until":${random.pick(ODD)},"level":${random.pick(ODD)},"findings":${random.pick(ODD)}}\n`
    this.put(
      `marks/${name.slice('manifests/'.length, -'.mft.zst'.length)}/000009-${random.pick(['hold', 'grade', 'forget', 'suspect'])}.json`,
      Buffer.from(`${line}${sumOf(line)}\n`),
    )
    return `mark ${line.slice(0, 200)}`
  }

  private head(): string {
    const { random } = this
    const head = JSON.parse(readFileSync(join(this.path, 'repository.json'), 'utf8').split('\n').slice(0, -2).join('\n')) as Record<
      string,
      unknown
    >
    const key = random.pick(Object.keys(head))
    const odd = random.pick(ODD)
    const text = `${JSON.stringify({ ...head, [key]: JSON.parse(odd) }, null, 2)}\n`
    this.put('repository.json', Buffer.from(`${text}${sumOf(text)}\n`))
    return `${key} of the head = ${odd}`
  }

  /** Names that are no objects, and objects that are no files. */
  private name(): string {
    const { random } = this
    const manifest = random.pick(this.names(/^manifests\/arc_/))
    const to = random.pick([
      'manifests/arc_ffffffffffffffffffffffff.mft.zst',
      'manifests/\n.mft.zst',
      `packs/aa/${'a'.repeat(64)}.pack`,
      'marks/x',
      'trash/packs',
    ])
    const path = join(this.path, to)
    mkdirSync(dirname(path), { recursive: true })
    rmSync(path, { recursive: true, force: true })
    switch (random.below(4)) {
      case 0:
        mkdirSync(path)
        return `a folder ${to}`
      case 1:
        symlinkSync(this.prey, path)
        return `a link to the prey ${to}`
      case 2:
        symlinkSync(join(this.prey, 'kept'), path)
        return `a link to a file of the prey ${to}`
      default:
        if (manifest !== undefined && manifest !== to) linkSync(join(this.path, manifest), path)
        return `another name ${to}`
    }
  }

  private frameOf(id: string): Buffer | null {
    for (const name of this.names(/^packs\/.*\.pack$/)) {
      try {
        const [, ...lines] = openObject(readFileSync(join(this.path, indexNameOf(name))))
          .toString()
          .split('\n')
        const [, offset, length] = lines.find((line) => line.startsWith(id))?.split(' ') ?? []
        if (offset === undefined) continue
        return openObject(readFileSync(join(this.path, name)).subarray(Number(offset), Number(offset) + Number(length)))
      } catch {
        // Tampered with before.
      }
    }
    return null
  }

  private addPack(frames: { raw: Buffer; stored: Buffer }[]): void {
    const bytes = Buffer.concat(frames.map(({ stored }) => stored))
    let offset = 0
    const lines = frames.map(({ raw, stored }) => {
      const line = `${sumOf(raw)} ${offset} ${stored.length} ${raw.length}\n`
      offset += stored.length
      return line
    })
    this.put(packName(sumOf(bytes)), bytes)
    this.put(indexNameOf(packName(sumOf(bytes))), sealObject(Buffer.from(`orchive-index 1 meta\n${lines.join('')}`)))
  }
}

async function makeRepository(): Promise<string> {
  const workspace = await makeBackedUpWorkspace()
  const at = (name: string) => join(workspace.root, name)
  mkdirSync(at('logs/deep'), { recursive: true })
  for (let i = 0; i < 8; i++) writeFileSync(at(`logs/deep/${i}.log`), noise(200 + i * 300, i + 1))
  writeFileSync(at('logs/long.log'), noise(700_000, 9))
  symlinkSync('long.log', at('logs/link'))
  linkSync(at('logs/long.log'), at('logs/same.log'))
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[1,2,3]}')
  await workspace.backUp()
  writeFileSync(at('logs/deep/3.log'), 'changed')
  const { id, createdAt } = await workspace.backUp()
  await workspace.repository.addMark(id, { kind: 'hold', at: createdAt, actor: 'test', reason: 'why', until: null })
  workspace.repository.close()
  return workspace.repositoryPath
}
