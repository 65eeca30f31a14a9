/**
 * One restore, undo or settling of a workspace at a time: a file in the home that names its process and counts heartbeats. A holder is dead when
 * that is certain (same host, boot and pid namespace, and no such process), else when its counter stood still for a minute of the observer's
 * monotonic clock. Synchronous, so that the smallest verb can take it.
 */
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { systemClock } from '#lib/base/clock.ts'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { ownIdentity, type ProcessIdentity, stateOf } from '../repository/process-identity.ts'
import { type MakeRoom, withRoom } from './durable-file.ts'

const BEAT_MS = 5000
/** A holder that cannot be looked into is dead when its counter stood still for so long. */
export const LOCK_STALE_MS = 60_000
const POLL_MS = 100

/** What was seen of each lock and since when, so that looking again and again counts as watching. */
const SIGHTINGS = new Map<string, { text: string; atMs: number }>()

interface LockRecord extends ProcessIdentity {
  token: string
  jobId: string
  /** What the holder does, for people: "restore of arc_… (job_…)". */
  purpose: string
  counter: number
}

export interface LockOptions {
  jobId: string
  purpose: string
  /** Name of the workspace, for messages. */
  workspace: string
  /** How long to wait for another holder; 0 = not at all. */
  waitMs?: number | undefined
  /** Called when the disk of the lock is full. */
  makeRoom?: MakeRoom | undefined
}

/** The right to change a workspace's live files, until released. */
export class RestoreLock {
  private readonly path: string
  private readonly record: LockRecord
  private readonly timer: NodeJS.Timeout
  private beatAtMs = systemClock.monotonicMs()
  private isHeld = true

  constructor(path: string, record: LockRecord) {
    this.path = path
    this.record = record
    this.timer = setInterval(() => this.beat(), BEAT_MS)
    this.timer.unref()
  }

  /** Shows that the holder lives; for work that lets no timer run. Costs nothing when called more often than every five seconds. */
  beat(): void {
    const nowMs = systemClock.monotonicMs()
    if (!this.isHeld || nowMs - this.beatAtMs < BEAT_MS) return
    this.beatAtMs = nowMs
    this.record.counter++
    try {
      if (readLock(this.path)?.token !== this.record.token) return
      const tmp = `${this.path}.${this.record.token}`
      writeFileSync(tmp, encode(this.record), { mode: 0o600 })
      renameSync(tmp, this.path)
    } catch {
      // A full disk must not stop what is under way; another host would have to wait longer to find out.
    }
  }

  release(): void {
    if (!this.isHeld) return
    this.isHeld = false
    clearInterval(this.timer)
    if (readLock(this.path)?.token === this.record.token) rmSync(this.path, { force: true })
  }
}

/** Takes the lock; throws `workspace_locked` naming the holder when it is not free within `waitMs`. */
export function takeRestoreLock(path: string, options: LockOptions): RestoreLock {
  const { jobId, purpose } = options
  const record: LockRecord = { ...ownIdentity(), token: randomBytes(16).toString('hex'), jobId, purpose, counter: 0 }
  const deadlineMs = systemClock.monotonicMs() + (options.waitMs ?? 0)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  for (;;) {
    if (withRoom(options.makeRoom, () => tryTake(path, record))) return new RestoreLock(path, record)
    const holder = readLock(path)
    if (holder === null) continue
    const text = `${holder.token} ${holder.counter}`
    let seen = SIGHTINGS.get(path)
    if (seen?.text !== text) SIGHTINGS.set(path, (seen = { text, atMs: systemClock.monotonicMs() }))
    const state = stateOf(holder)
    if (state === 'dead' || systemClock.monotonicMs() - seen.atMs > LOCK_STALE_MS) {
      evict(path, holder)
      continue
    }
    if (systemClock.monotonicMs() >= deadlineMs) throw lockedBy(options.workspace, holder, state)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS)
  }
}

/** A link makes the file with its content in one step, or fails. */
function tryTake(path: string, record: LockRecord): boolean {
  const tmp = `${path}.${record.token}`
  try {
    writeFileSync(tmp, encode(record), { mode: 0o600 })
    linkSync(tmp, path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(tmp, { force: true })
  }
}

/** Of two evictors one succeeds: only what was moved aside is removed, and a lock that somebody took meanwhile is put back. */
function evict(path: string, holder: LockRecord): void {
  const aside = `${path}.evicted-${randomBytes(8).toString('hex')}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw error
  }
  try {
    if (readLock(aside)?.token !== holder.token) linkSync(aside, path)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

/** Null for no lock; a lock that cannot be read has an unknown holder. */
function readLock(path: string): LockRecord | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
  try {
    return JSON.parse(text) as LockRecord
  } catch {
    const nobody = { host: '', bootId: null, pidNamespace: null, pid: 0, startTicks: null }
    return { ...nobody, token: text, jobId: '', purpose: 'unknown work', counter: 0 }
  }
}

const encode = (record: LockRecord) => `${JSON.stringify(record)}\n`

function lockedBy(workspace: string, { purpose, pid, host, jobId }: LockRecord, state: 'alive' | 'unknown'): AppError {
  return new AppError('workspace_locked', {
    message: `The files of ${workspace} are being changed by another: ${purpose} (pid ${pid} on ${host}).`,
    hint: 'Wait until it has ended.',
    retryable: true,
    context: { pid, host, jobId, purpose, state },
  })
}
