import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { fsPath, type RawPath } from '../raw-path.ts'

const FLUSH_CHARS = 256 * 1024

/** Writes a new text file in large pieces. */
export class TextWriter {
  /** Open for reading, too. */
  readonly fd: number
  private pending: string[] = []
  private pendingChars = 0

  /** Only its owner may read it. */
  constructor(path: RawPath) {
    this.fd = openSync(fsPath(path), 'wx+', 0o600)
  }

  add(text: string): void {
    this.pending.push(text)
    this.pendingChars += text.length
    if (this.pendingChars >= FLUSH_CHARS) this.flush()
  }

  /** Hands everything to the system. */
  flush(): void {
    if (this.pending.length === 0) return
    const bytes = Buffer.from(this.pending.join(''))
    for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at)
    this.pending = []
    this.pendingChars = 0
  }

  /** Makes everything durable. */
  sync(): void {
    this.flush()
    fsyncSync(this.fd)
  }

  close(): void {
    closeSync(this.fd)
  }
}
