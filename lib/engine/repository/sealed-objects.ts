/**
 * The small objects of a sealed repository, seen as those of a plain one: what is put is sealed, what is got was opened. An object is bound to its logical
 * name, which is the same in the trash and among what was set aside, so moving one needs no key, and one that is put under another name does not open.
 */
import type { LaterOptions, ObjectWriter, Storage } from '../storage/storage.ts'
import { openBytes, type SealKeys, sealBytes, unsealable } from './sealing.ts'

/** What every reader has to see without a key, leases that every writer has to understand, and packs, which are sealed frame by frame. */
const AS_IT_IS = /^(repository\.json$|README\.txt$|recover\.sh$|keys\/key_|locks\/|system\/replica\/)|\.pack$/

/** False for objects that a sealed repository stores as a plain one does. */
export const isSealedName = (name: string): boolean => !AS_IT_IS.test(name)

/** What an object is bound to, wherever it lies. */
export const logicalName = (name: string): string => name.replace(/^damaged\/[^/]+\//, '').replace(/^trash\/(?=packs\/|manifests\/)/, '')

export class SealedObjects implements Storage {
  private readonly storage: Storage
  private readonly keys: SealKeys

  constructor(storage: Storage, keys: SealKeys) {
    this.storage = storage
    this.keys = keys
  }

  get location(): string {
    return this.storage.location
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.storage.put(name, this.sealed(name, bytes))
  }

  replace(name: string, bytes: Uint8Array): Promise<void> {
    return this.storage.replace(name, this.sealed(name, bytes))
  }

  create(): Promise<ObjectWriter> {
    return this.storage.create()
  }

  async get(name: string): Promise<Buffer> {
    const stored = await this.storage.get(name)
    if (!isSealedName(name)) return stored
    const raw = openBytes(this.keys, logicalName(name), stored)
    if (raw === null) throw unsealable(name)
    return raw
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    if (!isSealedName(name)) return await this.storage.read(name, offset, length)
    return (await this.get(name)).subarray(offset, offset + length)
  }

  stat(name: string) {
    return this.storage.stat(name)
  }

  list(prefix: string) {
    return this.storage.list(prefix)
  }

  move(from: string, to: string, options?: LaterOptions): Promise<void> {
    return this.storage.move(from, to, options)
  }

  remove(name: string, options?: LaterOptions): Promise<void> {
    return this.storage.remove(name, options)
  }

  removeUnfinished(): Promise<number> {
    return this.storage.removeUnfinished()
  }

  freeBytes() {
    return this.storage.freeBytes()
  }

  close(): void {
    this.storage.close()
  }

  private sealed(name: string, bytes: Uint8Array): Uint8Array {
    return isSealedName(name) ? sealBytes(this.keys, logicalName(name), bytes) : bytes
  }
}
