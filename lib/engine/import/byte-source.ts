/** Bytes that come in pieces, asked for in amounts. */
export class ByteSource {
  /** Bytes handed out so far. */
  taken = 0
  private readonly pieces: AsyncIterator<Uint8Array>
  private held: Buffer = Buffer.alloc(0)
  private isOver = false

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.pieces = pieces[Symbol.asyncIterator]()
  }

  /** The next `count` bytes, which stay; fewer at the end. */
  async peek(count: number): Promise<Buffer> {
    while (this.held.length < count && (await this.more()));
    return this.held.subarray(0, count)
  }

  /** The next `count` bytes; fewer at the end. */
  async take(count: number): Promise<Buffer> {
    const bytes = await this.peek(count)
    this.drop(bytes.length)
    return bytes
  }

  /** What is at hand of the next `most` bytes: at least one, and none only at the end. */
  async takeSome(most: number): Promise<Buffer> {
    if (this.held.length === 0) await this.more()
    const bytes = this.held.subarray(0, most)
    this.drop(bytes.length)
    return bytes
  }

  private drop(count: number): void {
    this.taken += count
    this.held = this.held.subarray(count)
  }

  private async more(): Promise<boolean> {
    if (this.isOver) return false
    const { value, done } = await this.pieces.next()
    if (done) {
      this.isOver = true
      return false
    }
    const piece = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    this.held = this.held.length === 0 ? piece : Buffer.concat([this.held, piece])
    return true
  }
}
