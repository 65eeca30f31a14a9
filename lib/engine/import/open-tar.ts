import { closeSync, createReadStream, fstatSync, openSync } from 'node:fs'
import { Readable } from 'node:stream'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { createGunzipStream } from '../repository/frame.ts'
import { ByteSource } from './byte-source.ts'
import { unpackZstd } from './unpack-zstd.ts'

/** So much may come out of anything; only beyond it the ratio is looked at. */
const FREE_BYTES = 16 * 1024 ** 3
/** What unpacks to more than this many times its size is made to fill a disk or to never end. */
const MOST_RATIO = 1000
/** Two blocks of zeros. */
const SHORTEST_TAR = 1024

/** A tar file, plain or packed, as a plain tar stream. */
export interface OpenTar {
  source: ByteSource
  /** Size of the file, and how much of it was read. */
  fileBytes: number
  /** When the file was last written. */
  modifiedMs: number
  readBytes(): number
  /** Counts content that comes out of it: holes of sparse files are in no stream. Throws `import_refused` for more than any workspace has. */
  expectContent(bytes: number): void
  close(): void
}

/** Opens `.tar`, `.tar.gz` or `.tar.zst`, told apart by their first bytes; throws `import_unreadable`. */
export async function openTar(path: string): Promise<OpenTar> {
  const { fd, size, mtimeMs } = openFile(path)
  const file = createReadStream(path, { fd, highWaterMark: 1024 * 1024 })
  const packed = new ByteSource(file)
  const magic = (await packed.peek(4)).toString('hex')
  const unpack = magic.startsWith('1f8b') ? gunzip : magic === '28b52ffd' ? unpackZstd : null
  // Packed, a few files are shorter than the two blocks that end a plain one.
  if (!unpack && size < SHORTEST_TAR) {
    file.destroy()
    throw unreadable(path, 'is too short to be a tar file')
  }
  const pieces = (unpack ?? all)(packed)
  const guarded = withinRatio(pieces, path, () => packed.taken)
  let contentBytes = 0
  return {
    source: new ByteSource(guarded),
    fileBytes: size,
    modifiedMs: Math.floor(mtimeMs),
    readBytes: () => file.bytesRead,
    expectContent(bytes) {
      contentBytes += bytes
      if (isBomb(contentBytes, size)) throw bomb(path)
    },
    close: () => file.destroy(),
  }
}

function openFile(path: string): { fd: number; size: number; mtimeMs: number } {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    throw unreadable(path, errnoOf(error) === 'ENOENT' ? 'is not there' : `cannot be opened (${errnoOf(error) ?? 'EIO'})`, error)
  }
  const stat = fstatSync(fd)
  if (!stat.isFile()) {
    closeSync(fd)
    throw unreadable(path, 'is no file')
  }
  return { fd, size: stat.size, mtimeMs: stat.mtimeMs }
}

const unreadable = (path: string, why: string, cause?: unknown) =>
  new AppError('import_unreadable', {
    message: `${path} ${why}.`,
    hint: 'Name a .tar, .tar.gz or .tar.zst file.',
    context: { path },
    cause,
  })

async function* all(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let piece = await source.takeSome(1 << 20); piece.length > 0; piece = await source.takeSome(1 << 20)) yield piece
}

/** One gzip member or several back to back. */
async function* gunzip(packed: ByteSource): AsyncGenerator<Uint8Array> {
  const unpacked = createGunzipStream()
  const from = Readable.from(all(packed))
  from.on('error', (error) => unpacked.destroy(error))
  from.pipe(unpacked)
  try {
    for await (const piece of unpacked) yield piece as Buffer
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('import_unreadable', {
      message: `The file does not unpack: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'If it was copied, copy it again.',
      cause: error,
    })
  }
}

async function* withinRatio(pieces: AsyncIterable<Uint8Array>, path: string, packedBytes: () => number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (isBomb(bytes, packedBytes())) throw bomb(path)
    yield piece
  }
}

const isBomb = (bytes: number, packedBytes: number) => bytes > FREE_BYTES && bytes > packedBytes * MOST_RATIO

const bomb = (path: string) =>
  new AppError('import_refused', {
    message: `${path} unpacks to more than ${MOST_RATIO} times its size.`,
    hint: 'No workspace looks like this. If it really is one, unpack it and back the folder up.',
    context: { path },
  })
