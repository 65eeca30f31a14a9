import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { throwIfCancelled } from './cancelled.ts'

/** SHA-256 and length of an open file, read from its start. */
export function hashDescriptor(fd: number, buffer: Buffer, signal?: AbortSignal): { sha256: string; sizeBytes: number } {
  const hash = createHash('sha256')
  let at = 0
  for (;;) {
    throwIfCancelled(signal)
    const count = readSync(fd, buffer, 0, buffer.length, at)
    if (count === 0) break
    hash.update(count === buffer.length ? buffer : buffer.subarray(0, count))
    at += count
  }
  return { sha256: hash.digest('hex'), sizeBytes: at }
}
