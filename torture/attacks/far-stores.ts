/** Copies far away: a real Ceph and a real OpenSSH server, whose processes are killed and frozen and whose lines are cut while objects are moved. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '#lib/base/errors.ts'
import { openStorageTarget } from '#lib/engine/storage/open-storage-target.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'
import type { StorageSecrets, StorageTarget } from '#lib/engine/storage/storage-target.ts'
import { type RunningSshd, startSshd } from '#test/builders/start-sshd.ts'
import { TcpProxy } from '#test/builders/tcp-proxy.ts'
import { type CephStore, cephStore } from '#test/s3/ceph-store.ts'
import setUpCeph from '#test/s3/global-setup.ts'
import { type Attack, Random, type Siege, type Tally } from '../attack.ts'

/** Short, so that much goes wrong in a round. */
const PATIENCE = { connectMs: 1000, idleMs: 1500, deadlineMs: 3000, slowestBytesPerSecond: 100_000 }
const RETRY = { deadlineMs: 60_000, firstWaitMs: 20, longestWaitMs: 500 }
const LINES = 4
const NAMES_PER_LINE = 4
const OPS_PER_LINE = 12
const MOST_BYTES = 400_000
/** Between two things that are done to a store. */
const LONGEST_PEACE_MS = 400
const LONGEST_FREEZE_MS = 2500

export const farStores: Attack = {
  name: 'far-stores',
  about:
    'objects put into a bucket and behind SFTP while processes are killed or frozen and lines cut: what was said to be done is there and whole',
  share: 3,
  impossibleBecause() {
    const has = (name: string) => (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))
    if (!has('radosgw')) return 'Ceph is not installed (ceph-mon ceph-osd radosgw)'
    return existsSync('/usr/sbin/sshd') ? null : 'there is no OpenSSH server'
  },
  async open() {
    const takeAway = setUpCeph()
    const ceph = await cephStore()
    const sshd = await startSshd()
    return new FarSiege(ceph, sshd, takeAway)
  },
}

/** A store under attack: how to reach it, directly and over a line that can be cut, and what may be done to it. */
interface Place {
  target: StorageTarget
  secrets: StorageSecrets
  overProxy(port: number): StorageTarget
  port: number
  strikes: ((random: Random) => Promise<string>)[]
}

class FarSiege implements Siege {
  private readonly ceph: CephStore
  private readonly sshd: RunningSshd
  private readonly takeAway: () => void

  constructor(ceph: CephStore, sshd: RunningSshd, takeAway: () => void) {
    this.ceph = ceph
    this.sshd = sshd
    this.takeAway = takeAway
  }

  async round(seed: number): Promise<Tally> {
    const random = new Random(seed)
    const place = random.pick([() => this.bucket('plain'), () => this.bucket('locked'), () => this.folder()])()
    const proxy = await TcpProxy.to(place.port)
    const tally: Tally = { 'objects checked': 0 }
    const count = (what: string) => {
      tally[what] = (tally[what] ?? 0) + 1
    }
    const far = await openStorageTarget(place.overProxy(proxy.port), place.secrets, { patience: PATIENCE, retry: RETRY })
    const models = Array.from({ length: LINES }, (_, line) => new Model(far, new Random(seed + line + 1), line, count))
    const working = { isOver: false }
    const strikes = strike(place, proxy, random, count, working)
    try {
      await Promise.all(models.map((model) => model.run(OPS_PER_LINE)))
    } finally {
      working.isOver = true
      await strikes
      proxy.resume()
      far.close()
      await proxy.stop()
    }
    const direct = await openStorageTarget(place.target, place.secrets, { retry: RETRY })
    try {
      tally['objects checked'] = await expectWhole(direct, models)
    } finally {
      direct.close()
    }
    return tally
  }

  private bucket(name: 'plain' | 'locked'): Place {
    const target = this.ceph.target(name)
    const chaos = (...args: string[]) => execFileSync('test/s3/chaos.sh', [this.ceph.folder, ...args], { stdio: 'ignore' })
    const restart = (process: string) => async () => {
      chaos('kill9', process)
      chaos('start', process)
      return `kill -9 of ${process}`
    }
    const freeze = (process: string) => async (random: Random) => {
      chaos('freeze', process)
      await pause(random.below(LONGEST_FREEZE_MS))
      chaos('thaw', process)
      return `${process} frozen`
    }
    return {
      target,
      secrets: this.ceph.secrets,
      overProxy: (port) => ({ ...target, endpoint: `http://127.0.0.1:${port}` }),
      port: Number(new URL(this.ceph.endpoint).port),
      strikes: [restart('rgw'), restart('osd0'), restart('mon'), freeze('rgw'), freeze('osd0')],
    }
  }

  private folder(): Place {
    mkdirSync(this.sshd.folder, { recursive: true })
    const target = this.sshd.target(mkdtempSync(join(this.sshd.folder, 'r-')))
    return { target, secrets: this.sshd.secrets, overProxy: (port) => ({ ...target, port }), port: this.sshd.port, strikes: [] }
  }

  async close(): Promise<void> {
    await this.sshd.stop()
    this.takeAway()
  }
}

/** Does harm until the work is over. */
async function strike(place: Place, proxy: TcpProxy, random: Random, count: (what: string) => void, working: { isOver: boolean }) {
  const onTheLine = [
    async () => {
      proxy.cut()
      return 'line cut'
    },
    async () => {
      proxy.cutAfter(random.below(MOST_BYTES))
      return 'line cut in the middle'
    },
    async () => {
      proxy.stall()
      await pause(random.below(LONGEST_FREEZE_MS))
      proxy.resume()
      return 'line stalled'
    },
  ]
  while (!working.isOver) {
    await pause(random.below(LONGEST_PEACE_MS))
    const isProcess = place.strikes.length > 0 && random.chance(0.4)
    count(isProcess ? await random.pick(place.strikes)(random) : await random.pick(onTheLine)())
  }
}

/** What one writer did, and what may lie under each of its names. */
class Model {
  /** Contents that are possible; null is none. One, unless a call ended without an answer. */
  readonly possible = new Map<string, (Buffer | null)[]>()
  private readonly storage: Storage
  private readonly random: Random
  private readonly names: string[]
  private readonly count: (what: string) => void

  constructor(storage: Storage, random: Random, line: number, count: (what: string) => void) {
    this.storage = storage
    this.random = random
    this.names = Array.from({ length: NAMES_PER_LINE }, (_, i) => `packs/${line}${i}/object`)
    for (const name of this.names) for (const each of [name, `trash/${name}`]) this.possible.set(each, [null])
    this.count = count
  }

  async run(ops: number): Promise<void> {
    for (let i = 0; i < ops; i++) await this.step(this.random.pick(this.names))
  }

  private async step(name: string): Promise<void> {
    const trash = `trash/${name}`
    const bytes = Buffer.alloc(1 + this.random.below(MOST_BYTES), this.random.below(256))
    const chance = this.random.fraction()
    if (chance < 0.5) await this.change('put', [[name, bytes]], () => this.storage.put(name, bytes), 'object_exists')
    else if (chance < 0.6) {
      await this.change(
        'move',
        [
          [trash, this.certain(name)],
          [name, null],
        ],
        () => this.storage.move(name, trash),
        'object_missing',
        'object_exists',
      )
    } else if (chance < 0.75) await this.change('remove', [[trash, null]], () => this.storage.remove(trash))
    else await this.expectReadable(name)
  }

  /** Content that is certain; undefined when more than one is possible. */
  private certain(name: string): Buffer | null | undefined {
    const possible = this.possible.get(name)!
    return possible.length === 1 ? possible[0] : undefined
  }

  /** A call that changes what lies under names. `refusals` are ends at which nothing changed. */
  private async change(
    verb: string,
    effects: [name: string, after: Buffer | null | undefined][],
    call: () => Promise<unknown>,
    ...refusals: string[]
  ): Promise<void> {
    this.count(verb)
    // Moving what is not known would make everything possible.
    if (effects.some(([, after]) => after === undefined)) return
    try {
      await call()
      for (const [name, after] of effects) this.possible.set(name, [after!])
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (refusals.includes(error.code)) return
      if (error.code !== 'storage_unreachable') throw error
      this.count('calls without an answer')
      for (const [name, after] of effects) this.possible.set(name, [...this.possible.get(name)!, after!])
    }
  }

  private async expectReadable(name: string): Promise<void> {
    this.count('get')
    const found = await this.storage.get(name).catch((error: unknown) => {
      if (error instanceof AppError && (error.code === 'object_missing' || error.code === 'storage_unreachable')) return error.code
      throw error
    })
    if (found === 'storage_unreachable') return
    this.expect(name, found === 'object_missing' ? null : (found as Buffer))
  }

  /** Throws when what was found is nothing that can be there. */
  expect(name: string, found: Buffer | null): void {
    const isPossible = this.possible.get(name)!.some((one) => (one === null || found === null ? one === found : one.equals(found)))
    if (isPossible) return
    const wanted = this.possible.get(name)!.map((one) => (one === null ? 'nothing' : `${one.length} bytes of ${one[0]}`))
    throw new Error(`${name} is ${found === null ? 'gone' : `${found.length} bytes of ${found[0]}`}, not ${wanted.join(' or ')}.`)
  }
}

/** Reads everything once more, over a line that holds. */
async function expectWhole(storage: Storage, models: readonly Model[]): Promise<number> {
  const listed = new Set<string>()
  for await (const { name } of storage.list('.')) listed.add(name)
  let checked = 0
  for (const model of models) {
    for (const name of model.possible.keys()) {
      const found = listed.has(name) ? await storage.get(name) : null
      model.expect(name, found)
      listed.delete(name)
      checked++
    }
  }
  if (listed.size > 0) throw new Error(`Nobody wrote ${[...listed].join(', ')}.`)
  return checked
}
