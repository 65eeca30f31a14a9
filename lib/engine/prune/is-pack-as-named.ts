import { createHash } from 'node:crypto'
import { packHashOf } from '../repository/pack.ts'
import type { Storage } from '../storage/storage.ts'

const READ_BYTES = 4 * 1024 * 1024

/** Whether a pack has the SHA-256 that its name says: then it is, byte for byte, what its writer made of frames that it had just hashed. Read piece by piece. */
export async function isPackAsNamed(storage: Storage, pack: string): Promise<boolean> {
  const sha256 = createHash('sha256')
  for (let at = 0; ; ) {
    const piece = await storage.read(pack, at, READ_BYTES)
    sha256.update(piece)
    at += piece.length
    if (piece.length < READ_BYTES) break
  }
  return sha256.digest('hex') === packHashOf(pack)
}
