import { createHash, randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { systemClock } from '#lib/base/clock.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { emptyMemory, type PlaceMemory } from '#lib/engine/replica/place-memory.ts'
import { syncReplica } from '#lib/engine/replica/run-sync.ts'
import { openKeySlots, readKeySlots } from '#lib/engine/repository/key-slots.ts'
import { openRepository, type Repository, type Unlock } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'
import { verifyRepository } from '#lib/engine/verify/verify-repository.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { FaultStorage } from '#test/builders/fault-storage.ts'
import { noise } from '#test/builders/random-tree.ts'
import { KEEP_ALL } from '#test/builders/replica-of.ts'
import { type Attack, Random, type Tally } from '../attack.ts'
import { mutate } from '../mutate.ts'

/** Of the processor's time, for a sync of some megabytes. */
const LONGEST_MS = 20_000

/** What the two kinds of repository have in common here. */
interface Pair {
  host: string
  /** A copy that is up to date, and what the host remembers of it. */
  copy: string
  memory: PlaceMemory
  workspaceId: WorkspaceId
  /** Of everything in the host's repository. */
  hostSum: string
}

const KEY = randomBytes(32)
const unlock: Unlock = async ({ id, storage }) => {
  const opened = await openKeySlots(await readKeySlots(storage), id, { kind: 'key', key: KEY })
  if (!opened) throw new Error('No slot opens.')
  return opened.master
}

export const hostileCopies: Attack = {
  name: 'hostile-copies',
  about: 'somebody has a copy in hand, plain or sealed, and a sync breaks off: the host stays as it was, and a copy anew is whole',
  share: 2,
  async open(folder) {
    const pairs = [await makePair(join(folder, 'plain'), false), await makePair(join(folder, 'sealed'), true)]
    const prey = join(folder, 'prey')
    mkdirSync(prey)
    writeFileSync(join(prey, 'kept'), 'nobody may touch this')
    return {
      async round(seed) {
        const random = new Random(seed)
        const tally: Tally = {}
        for (const pair of pairs) {
          const told = await harm(pair, join(folder, 'place'), prey, random)
          tally[told] = (tally[told] ?? 0) + 1
          if (readFileSync(join(prey, 'kept'), 'utf8') !== 'nobody may touch this' || readdirSync(prey).length !== 1)
            throw new Error('A sync wrote outside of the copy.')
        }
        return tally
      },
      close: async () => undefined,
    }
  },
}

async function makePair(folder: string, isSealed: boolean): Promise<Pair> {
  mkdirSync(folder)
  const workspace = await makeBackedUpWorkspace(isSealed ? { slots: [{ secret: { kind: 'key', key: KEY }, label: 'torture' }] } : {})
  const host = workspace.repositoryPath
  const copy = join(folder, 'copy')
  mkdirSync(join(workspace.root, 'logs'))
  for (let i = 0; i < 4; i++) writeFileSync(join(workspace.root, `logs/${i}.log`), noise(3000, i + 1))
  const { workspaceId, id, createdAt } = await workspace.backUp()
  await workspace.repository.addMark(id, { kind: 'hold', at: createdAt, actor: 'test', reason: 'why', until: null })
  writeFileSync(join(workspace.root, 'logs/1.log'), noise(200_000, 77))
  await workspace.backUp()
  const memory = emptyMemory()
  await sync({ host, workspaceId }, openLocalStorage(copy, { create: true }), memory)
  // One more that the copy does not have.
  writeFileSync(join(workspace.root, 'logs/2.log'), noise(9000, 78))
  await workspace.backUp()
  workspace.repository.close()
  return { host, copy, memory, workspaceId, hostSum: sumOf(host) }
}

/** Tampers with the copy, syncs, perhaps with a network that ends; then begins a copy anew. Gives what the sync said. */
async function harm(pair: Pair, place: string, prey: string, random: Random): Promise<string> {
  rmSync(place, { recursive: true, force: true })
  cpSync(pair.copy, place, { recursive: true })
  const done: string[] = []
  for (let left = 1 + random.below(4); left > 0; left--) done.push(tamper(place, prey, random))
  const storage = new FaultStorage(openLocalStorage(place))
  const fault = random.chance(0.3) ? { call: 1 + random.below(80), errno: 'EIO' as const, done: 'nothing' as const, lasts: true } : null
  storage.arm(fault)
  const started = process.cpuUsage()
  let told = 'synced'
  try {
    const { findings } = await sync(pair, storage, structuredClone(pair.memory))
    if (findings.length > 0) told = 'synced and told'
  } catch (error) {
    if (!isAppError(error) || error.code === 'internal') throw new Error(`A sync threw after ${done.join(', ')}`, { cause: error })
    told = 'refused'
  }
  const { user, system } = process.cpuUsage(started)
  if ((user + system) / 1000 > LONGEST_MS) throw new Error(`A sync took ${Math.round((user + system) / 1000)} ms after ${done.join(', ')}`)
  if (sumOf(pair.host) !== pair.hostSum) throw new Error(`The host's repository changed after ${done.join(', ')}`)
  await expectReadable(pair, place, done)
  // What a person does then: a copy anew.
  rmSync(place, { recursive: true, force: true })
  await sync(pair, openLocalStorage(place, { create: true }), emptyMemory())
  await expectWhole(pair, place)
  return told
}

async function sync({ host, workspaceId }: Pick<Pair, 'host' | 'workspaceId'>, place: Storage, memory: PlaceMemory) {
  const repository = await openRepository(openLocalStorage(host), unlock)
  try {
    return await syncReplica({
      ...{ host: repository, place, open: (storage: Storage) => repository.openAt(storage), workspaceId, isTakeOver: false },
      ...{ owner: { homeId: 'home-1', host: 'torture' }, policy: KEEP_ALL, timeZone: 'UTC', undos: { reasons: new Map(), unreadable: [] } },
      ...{ lockDays: null, recheckBytes: 1e9, memory, saveMemory: () => {}, clock: systemClock },
    })
  } finally {
    repository.close()
  }
}

/** Whoever reads the copy gets what was archived, or an error of ours. */
async function expectReadable({ host }: Pair, place: string, done: readonly string[]): Promise<void> {
  const own = await openRepository(openLocalStorage(host), unlock)
  let copy: Repository | null = null
  try {
    copy = await own.openAt(openLocalStorage(place))
    await verifyRepository({ repository: copy })
    for (const id of await copy.listArchives()) {
      try {
        for await (const entry of (await copy.reader(id)).entries()) for (const frame of entry.frames) await copy.frame(frame)
      } catch (error) {
        if (!isAppError(error) || error.code === 'internal') throw error
      }
    }
  } catch (error) {
    if (!isAppError(error) || error.code === 'internal')
      throw new Error(`Reading the copy threw after ${done.join(', ')}`, { cause: error })
  } finally {
    copy?.close()
    own.close()
  }
}

async function expectWhole({ host }: Pair, place: string): Promise<void> {
  const own = await openRepository(openLocalStorage(host), unlock)
  const copy = await own.openAt(openLocalStorage(place))
  const { findings } = await verifyRepository({ repository: copy })
  const [listed, wanted] = [(await copy.listArchives()).sort(), (await own.listArchives()).sort()]
  copy.close()
  own.close()
  if (findings.length > 0) throw new Error(`A copy anew is not whole: ${JSON.stringify(findings[0])}`)
  if (listed.join() !== wanted.join()) throw new Error(`A copy anew lists ${listed.join()} instead of ${wanted.join()}`)
}

/** One thing that somebody with the copy in hand can do. */
function tamper(place: string, prey: string, random: Random): string {
  mkdirSync(place, { recursive: true })
  const names = filesOf(place)
  const [name, other] = [random.pick(names), random.pick(names)]
  if (name === undefined || other === undefined) return 'nothing'
  const path = join(place, name)
  switch (random.below(9)) {
    case 0:
      rmSync(path)
      return `${name} gone`
    case 1:
      truncateSync(path, random.below(readFileSync(path).length + 1))
      return `${name} cut`
    case 2:
      writeFileSync(path, mutate(readFileSync(path), readFileSync(join(place, other)), random))
      return `${name} changed`
    case 3:
      writeFileSync(path, readFileSync(join(place, other)))
      return `${name} is ${other}`
    case 4:
      rmSync(path)
      symlinkSync(join(prey, 'kept'), path)
      return `${name} is a link to the prey`
    case 5:
      rmSync(path)
      mkdirSync(path)
      return `${name} is a folder`
    case 6:
      rmSync(join(place, dirname(name)), { recursive: true })
      return `${dirname(name)} gone`
    case 7: {
      const odd = random.pick([
        'manifests/arc_ffffffffffffffffffffffff.mft.zst',
        'packs/\n/x.pack',
        'marks/arc_/x',
        'x',
        `packs/${'a'.repeat(200)}`,
        'keys/key_0000000000000000.json',
      ])
      mkdirSync(dirname(join(place, odd)), { recursive: true })
      writeFileSync(join(place, odd), mutate(readFileSync(path), readFileSync(path), random))
      return `${odd} is there`
    }
    default: {
      // As if it were in plain, or another's.
      const head = join(place, 'repository.json')
      if (!names.includes('repository.json')) return 'no head'
      const text = readFileSync(head, 'utf8').split('\n').slice(0, -2).join('\n')
      const [from, to] = random.pick([
        ['"hmac-sha256"', '"sha256"'],
        ['"sealed"', '"plain"'],
        ['"repo_', '"repo_f'],
        ['"version": 1', '"version": 2'],
      ] as const)
      const altered = `${text.replace(from, to)}\n`
      writeFileSync(head, `${altered}${createHash('sha256').update(altered).digest('hex')}\n`)
      return 'another head'
    }
  }
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()

/** Of every name and content but the lease, which nobody holds in between. */
function sumOf(folder: string): string {
  const sum = createHash('sha256')
  for (const name of filesOf(folder)) if (!/^(locks|tmp)\//.test(name)) sum.update(`${name}\0`).update(readFileSync(join(folder, name)))
  return sum.digest('hex')
}
