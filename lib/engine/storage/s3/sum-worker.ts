/** A worker thread that sums up files; see `SummingThread`. */
import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'

export interface FileSums {
  /** In Base64, as a request says it. */
  md5: string
  /** In hex. */
  sha256: string
}

/** Stays in the processor's cache between the two sums. */
const PIECE_BYTES = 256 * 1024
const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)

function sumsOf(file: string): FileSums | null {
  let fd: number
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    return null
  }
  try {
    if (!fstatSync(fd).isFile()) return null
    const [md5, sha256] = [createHash('md5'), createHash('sha256')]
    for (;;) {
      const count = readSync(fd, piece, 0, PIECE_BYTES, null)
      if (count === 0) return { md5: md5.digest('base64'), sha256: sha256.digest('hex') }
      const bytes = piece.subarray(0, count)
      md5.update(bytes)
      sha256.update(bytes)
    }
  } catch {
    return null
  } finally {
    closeSync(fd)
  }
}

parentPort!.on('message', (file: string) => parentPort!.postMessage(sumsOf(file)))
