import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '#lib/base/clock.ts'
import { isAppError } from '#lib/base/errors.ts'
import { newJobId, newWorkspaceId } from '#lib/base/ids.ts'
import type { AdoptInto } from '#lib/engine/import/adopt.ts'
import { importTar } from '#lib/engine/import/import-tar.ts'
import { openLocalStorage } from '#lib/engine/repository/local-storage.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import { initRepository, type Repository } from '#lib/engine/repository/repository.ts'
import { executeRestore } from '#lib/engine/restore/execute-restore.ts'
import { verifyRepository } from '#lib/engine/verify/verify-repository.ts'
import { readTree } from '#test/builders/random-tree.ts'
import { type Attack, Random, type Tally } from '../attack.ts'
import { hostileTar } from '../hostile-tar.ts'

const INPUTS_A_ROUND = 60
/** No input is long, so whoever takes longer does not end. */
const LONGEST_MS = 5000
/** Beyond this much more resident memory than at the start something keeps what it should let go. */
const MOST_MEMORY = 600e6

export const fuzzImports: Attack = {
  name: 'fuzz-imports',
  about: 'tar files that lead out, lie or break off: taken in or refused, and neither import nor restore writes anywhere else',
  share: 3,
  open: async (folder) => {
    const startBytes = process.memoryUsage.rss()
    return {
      async round(seed) {
        const ground = new Ground(join(folder, String(seed)))
        const tally = await ground.run(new Random(seed))
        ground.remove()
        const grownBytes = process.memoryUsage.rss() - startBytes
        if (grownBytes > MOST_MEMORY) throw new Error(`Memory grew by ${Math.round(grownBytes / 1e6)} MB.`)
        return tally
      },
      close: async () => undefined,
    }
  },
}

/** A folder that holds a repository, a target and a folder that nobody has business in; what else appears in it was written where it must not be. */
class Ground {
  private readonly folder: string
  private readonly outside: string
  private readonly target: string
  private readonly into: AdoptInto

  constructor(folder: string) {
    this.folder = folder
    this.outside = join(folder, 'outside')
    this.target = join(folder, 'target')
    mkdirSync(this.outside, { recursive: true })
    writeFileSync(join(this.outside, 'canary'), 'untouched')
    const item = {
      key: 'logsDir',
      label: 'Logs',
      importance: 'high',
      archiveName: 'logs',
      sourcePath: '/srv/logs',
      configured: './logs',
    } as const
    this.into = {
      ...{ workspaceId: newWorkspaceId(), workspaceName: 'fuzz', root: '/srv', configPath: '/srv/orchestrator_config.json' },
      ...{ maps: [], extraItems: [], configPaths: {}, items: [item], timeZone: 'UTC', follow: null, known: {} },
    }
  }

  async run(random: Random): Promise<Tally> {
    const tally = { inputs: 0, 'taken in': 0, restored: 0, refused: 0 }
    const storage = openLocalStorage(join(this.folder, 'repository'), { create: true })
    const repository = await initRepository(storage, new Date(0).toISOString())
    const untouched = readTree(Buffer.from(this.outside))
    for (; tally.inputs < INPUTS_A_ROUND; tally.inputs++) {
      const { bytes, extension } = hostileTar(this.outside, random)
      const manifest = await within(() => this.take(repository, bytes, extension), bytes)
      if (manifest === null) tally.refused++
      else {
        tally['taken in']++
        if (await within(() => this.restore(repository, manifest), bytes)) tally.restored++
      }
      this.expectNothingOutside(untouched, bytes)
    }
    const { findings } = await verifyRepository({ repository })
    repository.close()
    if (findings.length > 0) throw new Error(`The repository was damaged: ${findings[0]!.message}`)
    return tally
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async take(repository: Repository, bytes: Buffer, extension: string): Promise<Manifest> {
    const path = join(this.folder, `input${extension}`)
    writeFileSync(path, bytes)
    const work = { actor: 'torture', tool: 'torture', clock: systemClock, waitMs: 0, signal: new AbortController().signal }
    try {
      return (await importTar({ repository, path, adoptInto: this.into, ...work })).manifest
    } finally {
      rmSync(path)
    }
  }

  private async restore(repository: Repository, manifest: Manifest): Promise<true> {
    const { target } = this
    try {
      await executeRestore({ reader: repository.readerOf(manifest), manifest, paths: [], target, items: [], jobId: newJobId() })
      return true
    } finally {
      rmSync(target, { recursive: true, force: true })
    }
  }

  private expectNothingOutside(untouched: ReturnType<typeof readTree>, bytes: Buffer): void {
    const names = readdirSync(this.folder).filter((name) => !['outside', 'repository'].includes(name))
    const isSame = JSON.stringify(readTree(Buffer.from(this.outside)), plain) === JSON.stringify(untouched, plain)
    if (names.length === 0 && isSame) return
    throw new Error(`Something was written outside (${names.join(', ') || this.outside}) by ${bytes.toString('base64')}`)
  }
}

const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

/** Null when it is refused with an error of ours; anything else is a failure, as is to take long. */
async function within<T>(work: () => Promise<T>, bytes: Buffer): Promise<T | null> {
  const startedMs = performance.now()
  const done = await work().catch((error: unknown) => {
    if (isAppError(error) && error.code !== 'internal') return null
    throw new Error(`Neither taken nor refused: ${bytes.toString('base64')}`, { cause: error })
  })
  const tookMs = performance.now() - startedMs
  if (tookMs > LONGEST_MS) throw new Error(`It took ${Math.round(tookMs)} ms: ${bytes.toString('base64')}`)
  return done
}
