/**
 * Objects of a local folder under lock: the file carries the attribute `i` of its file system (chattr(1)), with which nobody can write, rename, link or
 * unlink it, and until when is its access time, as WORM file systems have it (SnapLock keeps a file's retention date there). Only root may set and clear
 * `i`: it stops programs and users that are not root, and mistakes of root. A lock whose time has come keeps its `i` until we remove the object.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { statSync, utimesSync } from 'node:fs'
import { promisify } from 'node:util'
import { systemClock } from '#lib/base/clock.ts'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { guard } from './durable-files.ts'
import type { ObjectBody } from './object-source.ts'
import { overlaid } from './overlaid.ts'
import type { Immutability, ObjectLock, Storage, StorageTraits, Tampering } from './storage.ts'
import { assertObjectName } from './storage-errors.ts'

const run = promisify(execFile)

/** Wraps storage in a local folder so that its objects can be locked. */
export function withImmutableFiles(storage: Storage): Storage {
  const files = new ImmutableFiles(storage)
  const over: Partial<Storage> = {
    immutability: files,
    remove: (name, options) => files.release(name).then(() => storage.remove(name, options)),
    replace: (name, bytes) => files.release(name).then(() => storage.replace(name, bytes)),
    move: (from, to, options) => files.release(from).then(() => storage.move(from, to, options)),
    traits: () => files.traits(),
  }
  return overlaid(storage, over)
}

class ImmutableFiles implements Immutability {
  /** Who is root may clear it. */
  readonly mode = 'governance'
  private readonly storage: Storage

  constructor(storage: Storage) {
    this.storage = storage
  }

  async nowMs(): Promise<number> {
    return systemClock.realNowMs()
  }

  async putLocked(name: string, body: ObjectBody, untilMs: number): Promise<ObjectLock> {
    await this.storage.put(name, body)
    return this.lock(name, untilMs)
  }

  async lock(name: string, untilMs: number): Promise<ObjectLock> {
    const path = this.at(name)
    if (untilMs <= systemClock.realNowMs()) {
      throw new AppError('invalid_input', {
        message: `${path} cannot be locked until ${new Date(untilMs).toISOString()}: that has passed.`,
      })
    }
    const known = await this.kept(name)
    if (known !== null && known >= untilMs) return { mode: this.mode, untilMs: known }
    if (known !== null) await this.clear(name)
    guard(this.storage.location, name, () => {
      const { mtimeMs } = statSync(path)
      utimesSync(path, Math.ceil(untilMs / 1000), mtimeMs / 1000)
    })
    await this.set(path)
    const kept = await this.kept(name)
    if (kept !== null && kept >= untilMs) return { mode: this.mode, untilMs: kept }
    throw new AppError('io_failed', {
      message: `${path} was written, but its file system did not keep the lock.`,
      hint: 'Look with `lsattr`. Use a file system with the attribute `i` (ext4, XFS, Btrfs).',
      context: { path, untilMs, kept },
    })
  }

  async lockOf(name: string): Promise<ObjectLock | null> {
    const kept = await this.kept(name)
    return kept !== null && kept > systemClock.realNowMs() ? { mode: this.mode, untilMs: kept } : null
  }

  /** Clears the way for a removal that is legal; throws `object_locked` before its time. Nothing happens when there is no such object. */
  async release(name: string): Promise<void> {
    const path = this.at(name)
    if (!statSync(path, { throwIfNoEntry: false })) return
    // Where attributes cannot be read there are no locks; if there is one after all, the kernel refuses.
    const kept = await this.kept(name).catch(() => null)
    if (kept === null) return
    if (kept > systemClock.realNowMs()) {
      throw new AppError('object_locked', {
        message: `${path} is locked until ${new Date(kept).toISOString()} and cannot be removed.`,
        hint: 'That is what the lock is for. It can be removed afterwards.',
        context: { path, untilMs: kept },
      })
    }
    await this.clear(name)
  }

  /** The end of a lock that the file carries, over or not; null when it carries none. Throws `object_missing`. */
  private async kept(name: string): Promise<number | null> {
    const path = this.at(name)
    const stats = guard(this.storage.location, name, () => statSync(path))
    const { stdout } = await this.attribute('lsattr', ['-d', '--', path])
    return /^\S*i\S* /.test(stdout) ? stats.atimeMs : null
  }

  private async set(path: string): Promise<void> {
    // `A` as well, where there is such a thing: a mount that notes every access would overwrite the date.
    await this.attribute('chattr', ['+iA', '--', path]).catch(() => this.attribute('chattr', ['+i', '--', path]))
  }

  private async clear(name: string): Promise<void> {
    await this.attribute('chattr', ['-i', '--', this.at(name)])
  }

  private async attribute(program: 'chattr' | 'lsattr', args: string[]): Promise<{ stdout: string }> {
    try {
      return await run(program, args)
    } catch (error) {
      const isAbsent = errnoOf(error) === 'ENOENT'
      throw new AppError('repository_read_only', {
        message: `${args.at(-1)} cannot be locked: ${isAbsent ? `there is no program ${program}` : (error as { stderr?: string }).stderr?.trim() || 'it was refused'}.`,
        hint: isAbsent
          ? 'Install e2fsprogs.'
          : 'Locks on a local disk need root and a file system with the attribute `i` (ext4, XFS, Btrfs, tmpfs). Leave them out, or copy to a bucket with Object Lock.',
        cause: error,
      })
    }
  }

  /** Nothing hides a file here: who tries is refused, and leaves no trace. */
  async *listTampering(): AsyncIterable<Tampering> {}

  getFirst(name: string): Promise<Buffer> {
    return this.storage.get(name)
  }

  async putBack(): Promise<void> {}

  /** Tries a lock on an object of its own. */
  async traits(): Promise<StorageTraits> {
    const name = `system/lock-${randomBytes(8).toString('hex')}`
    await this.storage.put(name, Buffer.alloc(1))
    let isOn = false
    try {
      await this.set(this.at(name))
      isOn = (await this.kept(name)) !== null
      await this.clear(name)
    } catch {
      isOn = false
    }
    await this.storage.remove(name)
    return {
      putIfAbsent: 'atomic',
      versioning: 'off',
      objectLock: { isOn, defaultMode: null, defaultDays: null },
      clockAheadMs: 0,
    }
  }

  private at(name: string): string {
    assertObjectName(name)
    return `${this.storage.location}/${name}`
  }
}
