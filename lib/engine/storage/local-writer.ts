import { closeSync, fstatSync, fsync, fsyncSync, linkSync, renameSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { guard, makeParents, syncFolder, unlinkIfThere, writeAll } from './durable-files.ts'
import type { ObjectWriter } from './storage.ts'
import { assertObjectName, storageError } from './storage-errors.ts'

/** An object of a local repository while it is written, in `tmp/`. */
export class LocalWriter implements ObjectWriter {
  private readonly location: string
  private readonly tmp: string
  private fd: number | null
  /** What errors name: the object, or the file in `tmp/` as long as it has no name. */
  private readonly subject: string

  constructor(location: string, tmp: string, fd: number, subject: string) {
    this.location = location
    this.tmp = `${location}/${tmp}`
    this.fd = fd
    this.subject = subject
  }

  async append(bytes: Uint8Array): Promise<void> {
    guard(this.location, this.subject, () => writeAll(this.handle(), bytes))
  }

  async commit(name: string): Promise<boolean> {
    assertObjectName(name)
    // A pack takes long to reach the disk; meanwhile the caller fills the next one.
    await this.sync(name)
    const isNew = this.publish(name)
    await this.abort()
    return isNew
  }

  private sync(name: string): Promise<void> {
    const fd = this.handle()
    return new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(storageError(error, this.location, name)) : resolve())))
  }

  /** Makes the bytes durable under this name; false when an object of that name is there already. When that fails, nothing is there. */
  publish(name: string): boolean {
    const path = `${this.location}/${name}`
    return guard(this.location, name, () => {
      fsyncSync(this.handle())
      makeParents(path, this.location)
      try {
        linkSync(this.tmp, path)
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error
        return false
      }
      try {
        syncFolder(dirname(path))
      } catch (error) {
        unlinkIfThere(path)
        throw error
      }
      return true
    })
  }

  /** Puts the bytes in the place of an object, durably. */
  supersede(name: string): void {
    const path = `${this.location}/${name}`
    guard(this.location, name, () => {
      fsyncSync(this.handle())
      makeParents(path, this.location)
      renameSync(this.tmp, path)
      syncFolder(dirname(path))
    })
  }

  /** True when somebody took the file for a dead writer's. */
  isRemoved(): boolean {
    return this.fd !== null && fstatSync(this.fd).nlink === 0
  }

  async abort(): Promise<void> {
    if (this.fd === null) return
    closeSync(this.fd)
    this.fd = null
    try {
      unlinkSync(this.tmp)
    } catch {
      // Gone or not removable now: the next writer removes what is unfinished.
    }
  }

  private handle(): number {
    if (this.fd === null) throw new AppError('internal', { message: `${this.subject} is closed already.` })
    return this.fd
  }
}
