import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { systemClock } from '#lib/base/clock.ts'
import { isAppError } from '#lib/base/errors.ts'
import { newArchiveId, newJobId, newWorkspaceId } from '#lib/base/ids.ts'
import type { AdoptInto } from '#lib/engine/import/adopt.ts'
import { importTar } from '#lib/engine/import/import-tar.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import { initRepository, type Repository } from '#lib/engine/repository/repository.ts'
import { executeRestore } from '#lib/engine/restore/execute-restore.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { verifyRepository } from '#lib/engine/verify/verify-repository.ts'
import { readTree } from '#test/builders/random-tree.ts'
import { type Attack, Random, type Tally } from '../attack.ts'
import { damage, fileMember, type HostileTar, hostileTar, packed } from '../hostile-tar.ts'
import { mutate } from '../mutate.ts'

/** How many files a round gives to one repository. */
const INPUTS = 60
/** Of the processor's time, which no other load makes longer. No file is large, so whoever takes more does not end. */
const LONGEST_MS = 5000
/** What the process may grow by. */
const MOST_BYTES = 600 * 1024 * 1024
/** What unpacks to far more than it is. */
const BOMB_BYTES = 32 * 1024 * 1024
const NAMES = ['x.tar', '20261124_020000.tar', '99999999_999999.tar.gz', 'orchestrator-20260329_023000.tar.zst']

export const fuzzImports: Attack = {
  name: 'fuzz-imports',
  about: 'hostile tar files are imported: taken and restored, or refused with an error of ours; nothing is written outside',
  share: 3,
  async open(folder) {
    const ground = new Ground(folder)
    return { round: (seed) => ground.round(new Random(seed)), close: async () => undefined }
  },
}

/** A folder of a home in which all happens, and beside it the prey, which nothing may reach. */
class Ground {
  private readonly folder: string
  private readonly home: string
  private readonly prey: string
  private readonly before
  private readonly startedBytes = process.resourceUsage().maxRSS * 1024

  constructor(folder: string) {
    this.folder = folder
    this.home = join(folder, 'home')
    this.prey = join(folder, 'prey')
    mkdirSync(this.home)
    mkdirSync(this.prey)
    writeFileSync(join(this.prey, 'kept'), 'nobody may touch this')
    symlinkSync('kept', join(this.prey, 'link'))
    this.before = readTree(Buffer.from(this.prey))
  }

  async round(random: Random): Promise<Tally> {
    const tally: Tally = { inputs: INPUTS, 'imported and restored': 0, refused: 0 }
    const storage = openLocalStorage(join(this.home, 'repository'), { create: true })
    const repository = await initRepository(storage, new Date(0).toISOString())
    for (let i = 0; i < INPUTS; i++) {
      const { bytes, adoptInto } = makeInput(random, this.prey)
      const path = join(this.home, random.pick(NAMES))
      writeFileSync(path, bytes)
      const manifest = await this.give(bytes, 'imported', () => take(repository, path, adoptInto))
      if (manifest) await this.give(bytes, 'restored', () => this.restore(repository, manifest))
      tally[manifest ? 'imported and restored' : 'refused']!++
      rmSync(path)
    }
    const { findings } = await verifyRepository({ repository })
    if (findings.length > 0) throw new Error(`Verify found ${JSON.stringify(findings[0])} in what was imported.`)
    repository.close()
    rmSync(join(this.home, 'repository'), { recursive: true })
    this.expectSmall()
    return tally
  }

  /** Null when it was refused, which an import may be; what was imported has to be restored. */
  private async give<T>(input: Buffer, done: 'imported' | 'restored', work: () => Promise<T>): Promise<T | null> {
    const started = process.cpuUsage()
    const about = () => (input.length > 20_000 ? `${input.length} bytes` : input.toString('base64'))
    let result: T | null = null
    try {
      result = await work()
    } catch (error) {
      const isRefusal = done === 'imported' && isAppError(error) && error.code !== 'internal'
      if (!isRefusal) throw new Error(`It could not be ${done}: ${about()}`, { cause: error })
    }
    const { user, system } = process.cpuUsage(started)
    const tookMs = (user + system) / 1000
    if (tookMs > LONGEST_MS) throw new Error(`To be ${done} took ${Math.round(tookMs)} ms: ${about()}`)
    if (!this.isUntouched()) throw new Error(`When ${done}, it wrote outside: ${about()}`)
    return result
  }

  private async restore(repository: Repository, manifest: Manifest): Promise<void> {
    const target = join(this.home, 'target')
    try {
      await executeRestore({ reader: repository.readerOf(manifest), manifest, paths: [], target, items: [], jobId: newJobId() })
    } finally {
      removeAll(target)
    }
  }

  private isUntouched(): boolean {
    const names = [...readdirSync(this.folder), ...readdirSync(this.home)].filter((name) => !NAMES.includes(name))
    return names.join(' ') === 'home prey repository' && isDeepStrictEqual(readTree(Buffer.from(this.prey)), this.before)
  }

  private expectSmall(): void {
    const grownBytes = process.resourceUsage().maxRSS * 1024 - this.startedBytes
    if (grownBytes > MOST_BYTES) throw new Error(`The process grew by ${Math.round(grownBytes / 1e6)} MB.`)
  }
}

async function take(repository: Repository, path: string, adoptInto: AdoptInto | undefined): Promise<Manifest> {
  const { signal } = new AbortController()
  const { manifest } = await importTar({
    repository,
    path,
    adoptInto,
    actor: 'torture',
    tool: 'torture',
    clock: systemClock,
    waitMs: 0,
    signal,
  })
  return manifest
}

/** A tar file, and the workspace it is adopted into when it does not say of which it is. */
function makeInput(random: Random, prey: string): { bytes: Buffer; adoptInto: AdoptInto | undefined } {
  const tar = random.chance(0.005) ? bomb() : hostileTar(random, prey)
  const isExport = random.chance(0.5)
  const whole = isExport ? Buffer.concat([noteOf(tar, random, prey), tar.bytes]) : tar.bytes
  const plain = random.chance(0.65) ? whole : damage(whole, random)
  const bytes = packed(plain, random)
  return { bytes: random.chance(0.85) ? bytes : mutate(bytes, plain, random), adoptInto: isExport ? undefined : workspaceAt(prey) }
}

function bomb(): HostileTar {
  return { bytes: fileMember('logs/zeros', Buffer.alloc(BOMB_BYTES)), checksums: {} }
}

/** The note of an export, as `orchive export` writes it; now and then with something odd in it. */
function noteOf({ checksums }: HostileTar, random: Random, prey: string): Buffer {
  const { workspaceId, workspaceName: workspace, root, configPath, items } = workspaceAt(prey)
  const note: Record<string, unknown> = {
    ...{ id: newArchiveId(), workspaceId, workspace, root, configPath, host: 'elsewhere', createdAt: '2026-11-24T02:00:00.000Z' },
    ...{ maps: [], extraItems: [], configPaths: {}, baselines: {}, checksums },
    items: items.map((item) => ({ ...item, kind: 'folder' })),
  }
  if (random.chance(0.2))
    note[random.pick(Object.keys(note))] = random.pick<unknown>([prey, '../prey', null, [], {}, 1e308, '\0', [{ archiveName: '..' }]])
  return fileMember('.orchive/manifest.json', Buffer.from(JSON.stringify(note)))
}

/** Its root is the prey: what is restored into a target must not go there all the same. */
function workspaceAt(prey: string): AdoptInto {
  const names = ['logs', 'knowledge-packs', 'orchestrator_state.json', 'ü', '20260329_023000', '.orchive-restore-job_1']
  const base = { importance: 'medium' as const, sourcePath: prey, configured: prey }
  return {
    ...{ workspaceId: newWorkspaceId(), workspaceName: 'prey', root: prey, configPath: join(prey, 'orchestrator_config.json') },
    ...{ maps: [], extraItems: [], configPaths: {}, timeZone: 'Europe/Berlin', follow: null, known: {} },
    items: names.map((name) => ({ ...base, key: name, label: name, archiveName: name })),
  }
}

/** Also what its owner may not look into. */
function removeAll(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch {
    execFileSync('chmod', ['-R', 'u+rwx', folder])
    rmSync(folder, { recursive: true })
  }
}
