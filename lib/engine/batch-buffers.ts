/** Batches are near this size; a buffer of it serves most of them. */
const USUAL_BYTES = 2 * 1024 * 1024
const MOST_KEPT = 8

/**
 * Buffers that carry stored frames to worker threads and come back with the answer. Made anew for each batch they would pile up until the
 * garbage collector of some thread looks after them.
 */
export class BatchBuffers {
  private readonly kept: ArrayBuffer[] = []

  /** The parts back to back, at the front of a buffer that can be handed over. */
  join(parts: readonly Uint8Array[], lengthBytes: number): Uint8Array<ArrayBuffer> {
    const fits = this.kept.findIndex((buffer) => buffer.byteLength >= lengthBytes)
    const buffer = fits >= 0 ? this.kept.splice(fits, 1)[0]! : Buffer.allocUnsafeSlow(Math.max(lengthBytes, USUAL_BYTES)).buffer
    const bytes = new Uint8Array(buffer)
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
