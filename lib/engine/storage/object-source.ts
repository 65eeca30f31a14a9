import { createHash } from 'node:crypto'

/**
 * What bytes of a source are asked for: to `look` at them, to `send` them, or to send them to where their sums are known already and what has others is
 * refused, so that nobody has to sum them up again.
 */
export type Purpose = 'look' | 'send' | 'send-summed'

/** A large object that is read again for each look at it, instead of being held. */
export interface ObjectSource {
  sizeBytes: number
  /** Of its bytes, in hex. */
  sha256: string
  /** Its bytes from the beginning, as often as asked. A piece lasts until the next is asked for. Throws when they are not what `sha256` says, at the latest at their end. */
  pieces(purpose: Purpose): AsyncIterable<Uint8Array>
  /** A file of this host that has these bytes as far as is known, for who sums them up elsewhere and holds them against `sha256`; missing, or null, when there is none. */
  file?(): string | null
}

/** What is put: bytes, or where they come from. */
export type ObjectBody = Uint8Array | ObjectSource

/** Whether a body is held in memory. */
export const isHeld = (body: ObjectBody): body is Uint8Array => body instanceof Uint8Array

/** How many bytes a body has. */
export const sizeOfBody = (body: ObjectBody) => (isHeld(body) ? body.byteLength : body.sizeBytes)

/** The bytes of a body on their way, piece by piece. */
export async function* piecesOf(body: ObjectBody): AsyncGenerator<Uint8Array> {
  if (isHeld(body)) yield body
  else yield* body.pieces('send')
}

/** Whether bytes are those of a body. */
export function isBodyOf(bytes: Buffer, body: ObjectBody): boolean {
  return isHeld(body) ? bytes.equals(body) : createHash('sha256').update(bytes).digest('hex') === body.sha256
}
