/** Batches are near this size; a buffer of it serves most of them. */
const USUAL_BYTES = 2 * 1024 * 1024
const MOST_KEPT = 8

/**
 * Buffers that carry stored frames to worker threads and come back with the answer. Made anew for each batch they would pile up until the
 * garbage collector of some thread looks after them.
 */
export class BatchBuffers {
  private readonly kept: ArrayBuffer[] = []

  /** A buffer with room for at least so many bytes, to be filled. */
  take(lengthBytes = USUAL_BYTES): Buffer<ArrayBuffer> {
    const buffer = lengthBytes <= USUAL_BYTES ? this.kept.pop() : undefined
    return buffer ? Buffer.from(buffer) : Buffer.allocUnsafeSlow(Math.max(lengthBytes, USUAL_BYTES))
  }

  /** The parts back to back, at the front of a buffer that can be handed over. */
  join(parts: readonly Uint8Array[], lengthBytes: number): Uint8Array<ArrayBuffer> {
    const bytes = this.take(lengthBytes)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }

  /** Takes a buffer back. */
  give(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.buffer.byteLength === USUAL_BYTES && this.kept.length < MOST_KEPT) this.kept.push(bytes.buffer)
  }
}
