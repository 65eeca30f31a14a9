import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isAppError } from '#lib/base/errors.ts'
import { noteMoved } from '#lib/engine/prune/moved-packs.ts'
import { noteNumberGiven } from '#lib/engine/repository/numbers-given.ts'
import { openRepository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { verifyRepository } from '#lib/engine/verify/verify-repository.ts'
import { checkSegments } from '#lib/services/audit/mirror-segments.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { makeBench } from '#test/builders/run-orchive.ts'
import { type Attack, Random, type Siege } from '../attack.ts'

/** How many bits a round flips, one after the other. */
const FLIPS = 20
/** How many bits of each object a round of the sweep flips. */
const SLICE = 512

export const bitFlips = flipsOf(
  'bit-flips',
  'one bit of one object of a repository is flipped: a verify of everything finds it',
  besiegeTiny,
)

export const homeBitFlips = flipsOf(
  'home-bit-flips',
  'the same with all that a home leaves in a repository: packs and archives in the trash, copies of the audit log and of the database',
  besiege,
)

function flipsOf(name: string, about: string, makeGround: typeof besiege): Attack {
  return {
    name,
    about,
    share: 1,
    async open(folder) {
      const { path, objects } = await makeGround(folder)
      return siegeOf(async (seed) => {
        const random = new Random(seed)
        for (let i = 0; i < FLIPS; i++) {
          const object = random.pick(objects)
          const bit = random.below(readFileSync(join(path, object)).length * 8)
          const found = await withFlipped(path, [{ name: object, bit }], () => findings(path))
          if (found.size === 0) throw new Error(`Bit ${bit} of ${object} was flipped, and verify found nothing.`)
        }
        if ((await findings(path)).size > 0) throw new Error('Verify found damage in a sound repository.')
        return { 'flipped bits': FLIPS }
      })
    },
  }
}

/**
 * Rounds whose seeds follow each other go through the bits of every object, as many as there are. Several objects at once have a bit flipped, none of which
 * hides the other's: each has to be named.
 */
export const everyBit: Attack = {
  name: 'every-bit',
  about: 'every single bit of a small repository is flipped: a verify of everything names the object',
  share: 1,
  async open(folder) {
    const { path, objects } = await besiegeTiny(folder)
    const bitsOf = new Map(objects.map((name) => [name, readFileSync(join(path, name)).length * 8]))
    const longest = Math.max(...bitsOf.values())
    const rounds = Math.ceil(longest / SLICE)
    const lanes = lanesOf(objects)
    return siegeOf(async (seed) => {
      let flipped = 0
      const from = (seed % rounds) * SLICE
      for (let bit = from; bit < from + SLICE; bit++) {
        for (const lane of lanes) {
          const flips = lane.filter((name) => bit < bitsOf.get(name)!).map((name) => ({ name, bit }))
          if (flips.length === 0) continue
          const found = await withFlipped(path, flips, () => findings(path))
          const missed = flips.filter(({ name }) => !found.has(name))
          if (missed.length > 0)
            throw new Error(`Bit ${bit} of ${missed.map(({ name }) => name).join(', ')} was flipped, and verify did not name it.`)
          flipped += flips.length
        }
      }
      return { [`flipped bits of ${[...bitsOf.values()].reduce((sum, bits) => sum + bits, 0).toLocaleString('en')}`]: flipped }
    })
  },
}

/**
 * Objects none of which hides another's damage. Manifests are named for sections that a damaged pack lost, and bits that zstd leaves unread are told by how
 * most of the sealed objects are: these go one by one, as does the head, without which nothing is looked at.
 */
function lanesOf(objects: readonly string[]): string[][] {
  const isAlone = (name: string) => /\.(idx|mft)\.zst$|^repository\.json$/.test(name)
  return [objects.filter((name) => !isAlone(name)), ...objects.filter(isAlone).map((name) => [name])]
}

function siegeOf(round: Siege['round']): Siege {
  return { round, close: async () => undefined }
}

interface Flip {
  name: string
  bit: number
}

/** The path of a small repository, and its objects: archives, marks, an archive in the trash, packs there, copies of the console's own. */
async function besiege(folder: string): Promise<{ path: string; objects: string[] }> {
  const path = join(folder, 'repository')
  const bench = await makeBench({ isQuick: true, packs: 0, logs: 1, logMb: 0, stateRecords: 1 })
  const run = async (...argv: string[]) => {
    const { code, stderr } = await bench.run(...argv)
    if (code !== 0 && code !== 3) throw new Error(`${argv.join(' ')}: ${stderr}`)
  }
  for (let i = 0; i < 4; i++) {
    writeFileSync(join(bench.workspace.logsDir, 'more.log'), `line ${i}\n`.repeat(400))
    await run('backup')
  }
  await run('hold', 'latest', '--reason', 'torture')
  await run('forget', 'latest~3', '--reason', 'torture')
  await run('prune', '--grace', '0')
  await run('forget', 'latest~1', '--reason', 'torture')
  await run('audit', 'mirror')
  cpSync(join(bench.home, 'repository'), path, { recursive: true })
  bench.remove()
  return { path, objects: objectsOf(path) }
}

/** One with as few bytes as there can be of each kind of object but the console's own: all of its bits have to be flipped within minutes. */
async function besiegeTiny(folder: string): Promise<{ path: string; objects: string[] }> {
  const path = join(folder, 'repository')
  const workspace = await makeBackedUpWorkspace()
  const { repository } = workspace
  const { id, createdAt, series } = await workspace.backUp()
  await repository.addMark(id, { kind: 'hold', at: createdAt, actor: 'test', reason: 'why', until: null })
  await noteNumberGiven(repository.objects, series, 1)
  await noteMoved(repository.objects, [], createdAt)
  repository.close()
  cpSync(workspace.repositoryPath, path, { recursive: true })
  return { path, objects: objectsOf(path) }
}

function objectsOf(path: string): string[] {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const names = files.map((entry) => relative(path, join(entry.parentPath, entry.name)))
  return names.filter((name) => !/^(locks|tmp)\//.test(name)).sort()
}

async function withFlipped<T>(path: string, flips: readonly Flip[], look: () => Promise<T>): Promise<T> {
  const good = flips.map(({ name, bit }) => {
    const bytes = readFileSync(join(path, name))
    const bad = Buffer.from(bytes)
    bad[bit >> 3]! ^= 1 << (bit & 7)
    writeFileSync(join(path, name), bad)
    return bytes
  })
  try {
    // What a look leaves behind is only let go of between turns of the event loop, and a small repository is read within one.
    await nextTurn()
    return await look()
  } finally {
    for (const [i, { name }] of flips.entries()) writeFileSync(join(path, name), good[i]!)
  }
}

/** What a verify of everything names. */
async function findings(path: string): Promise<ReadonlySet<string | null>> {
  const storage = openLocalStorage(path)
  try {
    const repository = await openRepository(storage)
    const { findings: found, health } = await verifyRepository({ repository })
    return new Set([
      ...found.map((finding) => finding.path),
      ...health.damaged,
      ...(await checkSegments(storage)).map((finding) => finding.path),
    ])
  } catch (error) {
    if (!isAppError(error)) throw error
    return new Set(['repository.json'])
  } finally {
    storage.close()
  }
}
