/**
 * The port to where a repository's objects lie. Objects are immutable and named by relative paths with `/`; other names are refused with `path_unsafe`.
 * Failures name the object: `object_missing`, `object_exists`, `repository_full`, `repository_read_only`, else `io_failed`. Two implementations exist
 * from the start: a local folder, and the fault decorator of the tests; replicas come later. Both hold what storage.contract.ts says.
 */
export interface Storage {
  /** Where it is, for messages. */
  readonly location: string
  /**
   * Writes a whole object, durably: tmp → fsync → publish → fsync of the folder and of new parents. Throws `object_exists`, never overwrites; when it
   * throws, nothing is there. Arrives though another process removes unfinished objects meanwhile.
   */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** Replaces a small object atomically. For the lease, and for putting a damaged object right; everything else is immutable. */
  replace(name: string, bytes: Uint8Array): Promise<void>
  /** Starts an object whose name is known only once it is written. */
  create(): Promise<ObjectWriter>
  /** The whole object; throws `object_missing`. */
  get(name: string): Promise<Buffer>
  /** `length` bytes from `offset`; fewer at the end of the object; throws `object_missing`. */
  read(name: string, offset: number, length: number): Promise<Buffer>
  /** Null when there is no such object. */
  stat(name: string): Promise<ObjectInfo | null>
  /** All objects below a prefix such as `packs/` (`.` = all), in no order; nothing when the prefix is missing. Unfinished writes are not listed. */
  list(prefix: string): AsyncIterable<{ name: string; sizeBytes: number }>
  /** Renames an object, durably; throws `object_missing`, `object_exists`. */
  move(from: string, to: string): Promise<void>
  /** Removes an object; nothing happens when it is gone already. */
  remove(name: string): Promise<void>
  /** Removes what crashed writers left unfinished; writers that are alive but not the lease's fail with what they had under way, puts excepted. */
  removeUnfinished(): Promise<number>
  /** Free bytes for this user; null when unknown. */
  freeBytes(): Promise<{ freeBytes: number; totalBytes: number } | null>
  close(): void
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
