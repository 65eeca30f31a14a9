import type { ObjectBody, ObjectSource } from './object-source.ts'
import type { ObjectLockMode } from './storage-target.ts'

/**
 * The port to where a repository's objects lie. Objects are immutable and named by relative paths with `/`; other names are refused with `path_unsafe`.
 * Failures name the object: `object_missing`, `object_exists`, `repository_full`, `repository_read_only`, `object_locked`, else `io_failed`; over a network also
 * `storage_missing`, `storage_refused`, `storage_unreachable` and `storage_clock_skewed`. Every implementation holds what storage.contract.ts says.
 */
export interface Storage {
  /** Where it is, for messages. */
  readonly location: string
  /**
   * Writes a whole object, durably: tmp → fsync → publish → fsync of the folder and of new parents. Throws `object_exists`, never overwrites; when it
   * throws, nothing is there. Arrives though another process removes unfinished objects meanwhile. A large object comes from a source, which may be read
   * more than once. `sha256` of the bytes, in hex, where who puts them knows it: a storage that sends it along need not reckon it again.
   */
  put(name: string, body: ObjectBody, sha256?: string): Promise<void>
  /**
   * Finds out what a put of this very source will have to know of it, such as sums that go before the bytes; the put then need not. Missing where a put needs
   * nothing beforehand. Throws what the source throws.
   */
  lookAhead?(source: ObjectSource): Promise<void>
  /** Replaces a small object atomically. For the lease, and for putting a damaged object right; everything else is immutable. */
  replace(name: string, bytes: Uint8Array): Promise<void>
  /** Starts an object whose name is known only once it is written. */
  create(): Promise<ObjectWriter>
  /** The whole object; throws `object_missing`. */
  get(name: string): Promise<Buffer>
  /** `length` bytes from `offset`; fewer at the end of the object; throws `object_missing`. They may lie in `into`, which has room for them: memory used again costs least. */
  read(name: string, offset: number, length: number, into?: Buffer): Promise<Buffer>
  /** The file that an object is, in a storage of files, whether it is there or not. For reading only. */
  fileOf?(name: string): string
  /** Null when there is no such object. */
  stat(name: string): Promise<ObjectInfo | null>
  /** All objects below a prefix such as `packs/` (`.` = all), in no order; nothing when the prefix is missing. Unfinished writes are not listed. */
  list(prefix: string): AsyncIterable<{ name: string; sizeBytes: number }>
  /** Renames an object, durably; throws `object_missing`, `object_exists`. */
  move(from: string, to: string, options?: LaterOptions): Promise<void>
  /** Removes an object, durably; nothing happens when it is gone already. */
  remove(name: string, options?: LaterOptions): Promise<void>
  /** Makes durable what was moved and removed for later; missing where nothing is left for later. */
  settle?(): Promise<void>
  /** Removes what crashed writers left unfinished; writers that are alive but not the lease's fail with what they had under way, puts excepted. */
  removeUnfinished(): Promise<number>
  /** Free bytes for this user; null when unknown. */
  freeBytes(): Promise<{ freeBytes: number; totalBytes: number } | null>
  /**
   * Objects travel whole, and the far side refuses bytes that do not match a checksum sent with them: reading back what it acknowledged tells nothing new.
   */
  readonly checksWrites?: boolean
  /** Where objects can be made undeletable for a time; missing where they cannot, or were not meant to. */
  readonly immutability?: Immutability
  /** What can be asked of it beyond its objects, tried on an object that exists and may be spoilt by that; missing for a plain folder. */
  traits?(existing: string): Promise<StorageTraits>
  close(): void
}

/** How soon a change has to outlast a power cut. */
export interface LaterOptions {
  /**
   * True: no sooner than `settle` has returned. Until then a power cut may leave any of what was done so undone, in no order; so it is only for names of which
   * nothing depends on that. Other processes see it at once all the same.
   */
  isLater?: boolean
}

/** What a storage is set to; null is unknown, as where the credentials may not ask. */
export interface StorageTraits {
  /** `atomic`: of two writers at once one is refused. `checked`: we look first. */
  putIfAbsent: 'atomic' | 'checked' | null
  versioning: 'on' | 'suspended' | 'off' | null
  objectLock: { isOn: boolean; defaultMode: ObjectLockMode | null; defaultDays: number | null } | null
  /** How far the storage's clock is ahead of this host's. */
  clockAheadMs: number | null
}

/** How objects of a storage are made undeletable for a time, and what somebody tried to do to them meanwhile. */
export interface Immutability {
  readonly mode: ObjectLockMode
  /** The storage's own clock: what a lock is reckoned on. A lock that this host reckoned on a clock that is behind would end too early. */
  nowMs(): Promise<number>
  /** As `Storage.put`, with the lock set in the same step where the storage can do that; verified afterwards. */
  putLocked(name: string, body: ObjectBody, untilMs: number, sha256?: string): Promise<ObjectLock>
  /**
   * Locks an object until a moment, or longer than it is; never shortens. The lock is read back: throws `io_failed` when the storage did not take it,
   * `object_missing`.
   */
  lock(name: string, untilMs: number): Promise<ObjectLock>
  /** Null when it is not locked, or no longer. Throws `object_missing`. */
  lockOf(name: string): Promise<ObjectLock | null>
  /** What somebody did to objects below a prefix that only ever get written once: deleted, or written over. In no order. */
  listTampering(prefix: string): AsyncIterable<Tampering>
  /** The object as it was written first, whatever hides it now. Throws `object_missing`. */
  getFirst(name: string): Promise<Buffer>
  /** Puts the object as it was written first in its place again; what hid it stays as evidence. Nothing happens when it is not hidden. */
  putBack(name: string): Promise<void>
}

/** Until when an object cannot be deleted. */
export interface ObjectLock {
  mode: ObjectLockMode
  untilMs: number
}

/** An attempt on an object that is immutable. The first version is still there as long as its lock holds. */
export interface Tampering {
  name: string
  kind: 'deleted' | 'overwritten'
  atMs: number
  /** Names the marker or version that was put over the object; stable, so that an alarm can tell it from the next. */
  versionId: string
  /** True as long as readers do not see what was written first. */
  isHidden: boolean
}

export interface ObjectInfo {
  sizeBytes: number
  mtimeMs: number
}

/** An object being written; nothing is visible before `commit`. */
export interface ObjectWriter {
  append(bytes: Uint8Array): Promise<void>
  /** Makes it durable under this name. An object of that name already there is kept (names are hashes, so it is the same); then it returns false. */
  commit(name: string): Promise<boolean>
  /** Gives the space back; safe after commit and twice. */
  abort(): Promise<void>
}
