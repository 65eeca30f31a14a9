/**
 * One writer at a time. The lease names the writer (host, boot, pid namespace, pid, start time) and counts heartbeats. A holder counts as dead
 * when it is certainly gone (same host, boot and namespace, and no such process), or when its counter stood still for five minutes of the
 * observer's monotonic clock; wall clocks are never compared. A writer checks its lease right before it publishes.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { Storage } from '../storage/storage.ts'
import { ownIdentity, type ProcessIdentity, stateOf } from './process-identity.ts'

const LEASE_NAME = 'locks/writer.json'
/** Who waits says so here, so that long work under the lease can let it pass. */
const WAITING = 'locks/waits-'
const HEARTBEAT_MS = 10_000
const STALE_MS = 5 * 60_000
const POLL_MS = 250

interface LeaseRecord extends ProcessIdentity {
  token: string
  /** What the holder is doing, for people: "backup of orch-prod". */
  purpose: string
  since: string
  counter: number
}

export interface LeaseOptions {
  purpose: string
  /** ISO 8601 UTC of the real clock, for messages. */
  since: string
  monotonicMs: () => number
  /** How long to queue; 0 = fail at once. */
  waitMs?: number
  signal?: AbortSignal
  onWait?: (holder: string) => void
}

/** The right to write into a repository, held until released. */
export class Lease {
  private readonly storage: Storage
  private readonly record: LeaseRecord
  private readonly timer: NodeJS.Timeout
  private lost = false

  constructor(storage: Storage, record: LeaseRecord) {
    this.storage = storage
    this.record = record
    this.timer = setInterval(() => void this.beat(), HEARTBEAT_MS)
    this.timer.unref()
  }

  /** Throws `lease_lost` when another writer has taken over, e.g. after this process was paused for long. */
  async assertHeld(): Promise<void> {
    const current = await readLease(this.storage)
    if (!this.lost && current?.token === this.record.token) return
    this.lost = true
    throw new AppError('lease_lost', {
      message: `The repository at ${this.storage.location} was taken over by another writer while this one stood still.`,
      hint: 'Nothing was listed. Run it again.',
    })
  }

  /** The same as an answer, for who cleans up after a failure; false also when it cannot be read. */
  isHeld(): Promise<boolean> {
    return this.assertHeld().then(
      () => true,
      () => false,
    )
  }

  /** Why work under it failed: that the lease was lost, when it was; else the error itself. A successor removes what seems unfinished to it. */
  async reasonFor(error: unknown): Promise<unknown> {
    const lost: unknown = await this.assertHeld().then(
      () => null,
      (reason: unknown) => reason,
    )
    return isAppError(lost) && lost.code === 'lease_lost' ? lost : error
  }

  /** Whether another writer waits for the lease. What waiters left that are certainly gone is removed. */
  async isWaitedFor(): Promise<boolean> {
    let isWaited = false
    for await (const { name } of this.storage.list('locks/')) {
      if (!name.startsWith(WAITING)) continue
      const waiter = await this.storage.get(name).then(parse, () => null)
      if (waiter && stateOf(waiter) === 'dead') await this.storage.remove(name)
      else if (waiter) isWaited = true
    }
    return isWaited
  }

  /** Gives the lease back; safe to call twice. Never throws: what was done under it is done, and a lease that nobody renews goes stale. */
  async release(): Promise<void> {
    clearInterval(this.timer)
    if (this.lost) return
    this.lost = true
    await giveBack(this.storage, this.record)
  }

  private async beat(): Promise<void> {
    try {
      await this.assertHeld()
      this.record.counter++
      await this.storage.replace(LEASE_NAME, encode(this.record))
    } catch {
      // A full or failing disk must not kill the writer here; assertHeld speaks up before anything is published.
    }
  }
}

/** Takes the writer's lease; throws `repository_locked` naming the holder when it is not free within `waitMs`. */
export async function acquireLease(storage: Storage, options: LeaseOptions): Promise<Lease> {
  const record: LeaseRecord = {
    ...ownIdentity(),
    token: randomBytes(16).toString('hex'),
    purpose: options.purpose,
    since: options.since,
    counter: 0,
  }
  const waiting = `${WAITING}${record.token}.json`
  let isWaiting = false
  try {
    return await take(storage, record, options, async () => {
      if (!isWaiting) await storage.put(waiting, encode(record))
      isWaiting = true
    })
  } finally {
    if (isWaiting) await storage.remove(waiting).catch(() => {})
  }
}

async function take(storage: Storage, record: LeaseRecord, options: LeaseOptions, tellWaiting: () => Promise<void>): Promise<Lease> {
  const deadline = options.monotonicMs() + (options.waitMs ?? 0)
  let seen = { token: '', counter: -1, atMs: 0 }
  for (;;) {
    options.signal?.throwIfAborted()
    if (await tryTake(storage, record)) return new Lease(storage, record)
    const holder = await readLease(storage)
    if (holder === null) continue
    if (seen.token !== holder.token || seen.counter !== holder.counter)
      seen = { token: holder.token, counter: holder.counter, atMs: options.monotonicMs() }
    if (givenUp.has(holder.token) || stateOf(holder) === 'dead' || options.monotonicMs() - seen.atMs > STALE_MS) {
      await evict(storage, holder)
      continue
    }
    if (options.monotonicMs() >= deadline) throw lockedBy(storage, holder)
    await tellWaiting()
    options.onWait?.(describeHolder(holder))
    await delay(POLL_MS, undefined, { signal: options.signal })
  }
}

async function tryTake(storage: Storage, record: LeaseRecord): Promise<boolean> {
  try {
    await storage.put(LEASE_NAME, encode(record))
    return true
  } catch (error) {
    if (error instanceof AppError && error.code === 'object_exists') return false
    // It may have got there all the same.
    await giveBack(storage, record)
    throw error
  }
}

/** Tokens of leases that this process has let go but could not remove: it would wait for itself. */
const givenUp = new Set<string>()

async function giveBack(storage: Storage, { token }: LeaseRecord): Promise<void> {
  givenUp.add(token)
  try {
    if ((await readLease(storage))?.token === token) await storage.remove(LEASE_NAME)
    givenUp.delete(token)
  } catch {
    // The disk fails. Others take over when this process has ended, or its counter has stood still for long enough.
  }
}

/** Moves a dead holder's lease aside, under a name of its own: of two evictors one succeeds, and what a killed one left is in nobody's way. */
async function evict(storage: Storage, holder: LeaseRecord): Promise<void> {
  const aside = `locks/evicted-${randomBytes(8).toString('hex')}.json`
  try {
    await storage.move(LEASE_NAME, aside)
  } catch (error) {
    if (error instanceof AppError && error.code === 'object_missing') return
    throw error
  }
  const moved = parse(await storage.get(aside))
  // Somebody took the lease between our reading and our move: put it back before it can be missed.
  if (moved && moved.token !== holder.token) await storage.put(LEASE_NAME, encode(moved)).catch(() => {})
  await storage.remove(aside)
}

async function readLease(storage: Storage): Promise<LeaseRecord | null> {
  try {
    return parse(await storage.get(LEASE_NAME)) ?? brokenLease()
  } catch (error) {
    if (error instanceof AppError && error.code === 'object_missing') return null
    throw error
  }
}

function parse(bytes: Buffer): LeaseRecord | null {
  try {
    const value = JSON.parse(bytes.toString('utf8')) as LeaseRecord
    return typeof value.token === 'string' && typeof value.pid === 'number' ? value : null
  } catch {
    return null
  }
}

/** A lease that cannot be read has an unknown holder: it goes stale by time only. */
function brokenLease(): LeaseRecord {
  return {
    host: 'unknown',
    bootId: null,
    pidNamespace: null,
    pid: 0,
    startTicks: null,
    token: 'unreadable',
    purpose: 'unknown work',
    since: '',
    counter: 0,
  }
}

const encode = (record: LeaseRecord) => Buffer.from(`${JSON.stringify(record)}\n`)
const describeHolder = (holder: LeaseRecord) => `${holder.purpose} (pid ${holder.pid} on ${holder.host}, since ${holder.since})`

function lockedBy(storage: Storage, holder: LeaseRecord): AppError {
  return new AppError('repository_locked', {
    message: `The repository at ${storage.location} is in use: ${describeHolder(holder)}.`,
    hint: 'Wait for it, or queue behind it with --wait SECONDS.',
    retryable: true,
    context: { pid: holder.pid, host: holder.host, purpose: holder.purpose, since: holder.since },
  })
}
