import { constants, gzipSync } from 'node:zlib'
import type { ApiAnswer } from './call.ts'

/** Below this a packet more or less makes no difference. */
const SMALL_BYTES = 1400

/** The answer as bytes of its own; as gzip where the client takes that and it is worth it. Fast rather than small: who waits is a person. */
export function packed({ status, headers, body }: ApiAnswer, isPacked: boolean): ApiAnswer & { body: Uint8Array<ArrayBuffer> } {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const withVary = { ...headers, Vary: 'Accept-Encoding' }
  if (!isPacked || bytes.length < SMALL_BYTES) return { status, headers: withVary, body: bytes }
  // Copied: what zlib gives may lie in memory that others share, and this is handed over whole.
  const small = new Uint8Array(gzipSync(bytes, { level: constants.Z_BEST_SPEED }))
  return { status, headers: { ...withVary, 'Content-Encoding': 'gzip' }, body: small }
}
