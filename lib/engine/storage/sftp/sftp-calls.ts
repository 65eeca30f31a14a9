/** Requests of SFTP as promises, many under way at once where bytes are moved: a request at a time would wait for the line most of the time. */
import type { FileEntry, SFTPWrapper, Stats } from 'ssh2'
import { STATUS, statusOf } from './sftp-errors.ts'

const CHUNK_BYTES = 65_536
const CHUNKS_AT_ONCE = 16

type Done<T> = (error: Error | null | undefined, value: T) => void

const promise = <T>(call: (done: Done<T>) => void): Promise<T> =>
  new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))))

export const open = (sftp: SFTPWrapper, path: string, mode: 'r' | 'wx') =>
  promise<Buffer>((done) => sftp.open(path, mode, { mode: 0o600 }, done as (error: Error | undefined, handle: Buffer) => void))

export const close = (sftp: SFTPWrapper, handle: Buffer) =>
  promise<unknown>((done) => sftp.close(handle, done as (error?: Error | null) => void))

export const mkdir = (sftp: SFTPWrapper, path: string) =>
  promise<unknown>((done) => sftp.mkdir(path, { mode: 0o700 }, done as (error?: Error | null) => void))

export const unlink = (sftp: SFTPWrapper, path: string) =>
  promise<unknown>((done) => sftp.unlink(path, done as (error?: Error | null) => void))

export const rename = (sftp: SFTPWrapper, from: string, to: string) =>
  promise<unknown>((done) => sftp.rename(from, to, done as (error?: Error | null) => void))

export const readdir = (sftp: SFTPWrapper, path: string) =>
  promise<FileEntry[]>((done) => sftp.readdir(path, done as (error: Error | undefined, list: FileEntry[]) => void))

export const sizeOf = async (sftp: SFTPWrapper, handle: Buffer) =>
  (await promise<Stats>((done) => sftp.fstat(handle, done as (error: Error | undefined, stats: Stats) => void))).size

/** Null when there is nothing. */
export async function stat(sftp: SFTPWrapper, path: string): Promise<Stats | null> {
  try {
    return await promise<Stats>((done) => sftp.stat(path, done as (error: Error | undefined, stats: Stats) => void))
  } catch (error) {
    if (statusOf(error) === STATUS.noSuchFile) return null
    throw error
  }
}

/** Writes all of it from `position`. */
export async function writeAll(sftp: SFTPWrapper, handle: Buffer, bytes: Uint8Array, position: number): Promise<void> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  await inChunks(buffer.length, (offset, length) =>
    promise<unknown>((done) => sftp.write(handle, buffer, offset, length, position + offset, done as (error?: Error | null) => void)),
  )
}

/** `length` bytes from `position`, or what there is before the end. */
export async function readAt(sftp: SFTPWrapper, handle: Buffer, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length)
  let end = length
  await inChunks(length, async (offset, size) => {
    let done = 0
    while (done < size) {
      const count = await readSome(sftp, handle, buffer, offset + done, size - done, position + offset + done)
      if (count === 0) {
        end = Math.min(end, offset + done)
        return
      }
      done += count
    }
  })
  return end === length ? buffer : buffer.subarray(0, end)
}

function readSome(sftp: SFTPWrapper, handle: Buffer, buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) =>
    sftp.read(handle, buffer, offset, length, position, (error, count) => {
      if (!error) resolve(count)
      else if (statusOf(error) === STATUS.eof) resolve(0)
      else reject(error)
    }),
  )
}

async function inChunks(length: number, move: (offset: number, length: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const line = async () => {
    while (next < length) {
      const offset = next
      next += CHUNK_BYTES
      await move(offset, Math.min(CHUNK_BYTES, length - offset))
    }
  }
  await Promise.all(Array.from({ length: Math.min(CHUNKS_AT_ONCE, Math.ceil(length / CHUNK_BYTES)) }, line))
}

/** What OpenSSH can do beyond version 3 of the protocol; each is false or null when the server cannot. */
export const extensions = {
  /** link(2): fails when the name is taken. */
  hardlink: (sftp: SFTPWrapper, from: string, to: string) => extended((done) => sftp.ext_openssh_hardlink(from, to, done as () => void)),
  /** rename(2): replaces what is there. */
  replace: (sftp: SFTPWrapper, from: string, to: string) => extended((done) => sftp.ext_openssh_rename(from, to, done as () => void)),
  fsync: (sftp: SFTPWrapper, handle: Buffer) => extended((done) => sftp.ext_openssh_fsync(handle, done as () => void)),
}

async function extended(call: (done: Done<unknown>) => void): Promise<boolean> {
  try {
    await promise<unknown>(call)
    return true
  } catch (error) {
    if (isUnsupported(error)) return false
    throw error
  }
}

interface FileSystemStats {
  f_frsize: number | bigint
  f_blocks: number | bigint
  f_bavail: number | bigint
}

/** Space of the file system below a path; null when the server does not tell. */
export async function spaceOf(sftp: SFTPWrapper, path: string): Promise<{ freeBytes: number; totalBytes: number } | null> {
  try {
    const stats = await promise<FileSystemStats>((done) => sftp.ext_openssh_statvfs(path, done))
    const block = Number(stats.f_frsize)
    return { freeBytes: Number(stats.f_bavail) * block, totalBytes: Number(stats.f_blocks) * block }
  } catch (error) {
    if (isUnsupported(error)) return null
    throw error
  }
}

/** The client throws for an extension that the server did not announce. */
const isUnsupported = (error: unknown) =>
  statusOf(error) === STATUS.unsupported || (error instanceof Error && /does not support this extended request/.test(error.message))
