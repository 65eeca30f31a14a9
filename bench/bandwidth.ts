import { createHash, randomFillSync } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { compressFrame } from '#lib/engine/repository/frame.ts'
import { isPageCacheDropped } from './page-cache.ts'
import { packText } from './workspaces/mix.ts'

/** What the machine can do, in bytes a second; hash and compress are of one core. */
export interface Bandwidths {
  cores: number
  readCached: number
  /** From the disk; null where the page cache cannot be dropped. */
  readDisk: number | null
  writeSynced: number
  sha256: number
  compress: number
  decompress: number
}

const PIECE = 4 * 1024 * 1024
const FILE_PIECES = 64

/** Measures them in a folder of the disk that the race is run on; takes about five seconds. */
export function measureBandwidths(folder: string): Bandwidths {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'bandwidth')
  const piece = randomFillSync(Buffer.allocUnsafe(PIECE))
  const text = Buffer.from(Array.from({ length: 1500 }, (_, i) => packText(i)).join('\n')).subarray(0, PIECE)
  const frame = zstdCompressSync(text)
  try {
    const writeSynced = rateOf(PIECE * FILE_PIECES, () => writeFile(path, piece))
    const readCached = rateOf(PIECE * FILE_PIECES, () => readFile(path, piece))
    const readDisk = isPageCacheDropped() ? rateOf(PIECE * FILE_PIECES, () => readFile(path, piece)) : null
    const sha256 = rateOf(PIECE * 40, () => repeat(40, () => createHash('sha256').update(piece).digest()))
    const compress = rateOf(text.length * 20, () => repeat(20, () => compressFrame(text, 1)))
    const decompress = rateOf(text.length * 40, () => repeat(40, () => zstdDecompressSync(frame, { chunkSize: text.length + 64 })))
    return { cores: availableParallelism(), readCached, readDisk, writeSynced, sha256, compress, decompress }
  } finally {
    rmSync(path, { force: true })
  }
}

function rateOf(bytes: number, work: () => void): number {
  const startedMs = performance.now()
  work()
  return (bytes / (performance.now() - startedMs)) * 1000
}

function repeat(times: number, work: () => unknown): void {
  for (let i = 0; i < times; i++) work()
}

function writeFile(path: string, piece: Buffer): void {
  const fd = openSync(path, 'w')
  repeat(FILE_PIECES, () => writeSync(fd, piece))
  fsyncSync(fd)
  closeSync(fd)
}

function readFile(path: string, piece: Buffer): void {
  const fd = openSync(path, 'r')
  while (readSync(fd, piece, 0, piece.length, null) > 0);
  closeSync(fd)
}
