/**
 * The steps of a swap, written beside the staged files before the first of them is taken: what will be done to which path, and what was
 * there before. On disk and not in memory, so that a million steps cost nothing; a journal can be made of it.
 */
import { closeSync, fsyncSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import type { EntryType } from '../entry.ts'
import { fsPath, type RawPath } from '../raw-path.ts'
import type { LiveStat } from './restore-types.ts'

/**
 * `folder` makes a folder or keeps it, its attributes come when it is left; `place` moves a staged path in; `attributes` changes owner,
 * mode and time of a path that stays; `quarantine` moves an extra away.
 */
export interface Step {
  do: 'folder' | 'place' | 'attributes' | 'quarantine'
  /** Archive path in text form. */
  path: string
  type: EntryType
  base: number
  rel: RawPath
  area: number
  /** Name in the area's `staged/`; null when nothing is staged. */
  staged: string | null
  /** What is there before; null = nothing. */
  live: LiveStat | null
  /** Null for `quarantine`. */
  attributes: { mode: number; uid: number; gid: number; mtimeNs: bigint } | null
  sizeBytes: number
}

const FLUSH_CHARS = 256 * 1024
const READ_BYTES = 256 * 1024

/** Steps in the order in which they are taken. */
export class StepLog {
  count = 0
  private readonly path: RawPath
  private readonly fd: number
  private pending: string[] = []
  private pendingChars = 0

  constructor(path: RawPath) {
    this.path = path
    this.fd = openSync(fsPath(path), 'wx+', 0o600)
  }

  append(step: Step): void {
    const line = `${JSON.stringify(step, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}\n`
    this.pending.push(line)
    this.pendingChars += line.length
    this.count++
    if (this.pendingChars >= FLUSH_CHARS) this.flush()
  }

  /** Makes everything appended durable. */
  sync(): void {
    this.flush()
    fsyncSync(this.fd)
  }

  /** All steps from the first. */
  *read(): Generator<Step> {
    this.flush()
    const decoder = new StringDecoder('utf8')
    const buffer = Buffer.allocUnsafe(READ_BYTES)
    let rest = ''
    for (let at = 0; ; ) {
      const count = readSync(this.fd, buffer, 0, READ_BYTES, at)
      if (count === 0) return
      at += count
      const lines = (rest + decoder.write(buffer.subarray(0, count))).split('\n')
      rest = lines.pop()!
      for (const line of lines) yield JSON.parse(line, reviveBigInts) as Step
    }
  }

  close(): void {
    closeSync(this.fd)
  }

  remove(): void {
    unlinkSync(fsPath(this.path))
  }

  private flush(): void {
    if (this.pending.length === 0) return
    const bytes = Buffer.from(this.pending.join(''))
    for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at)
    this.pending = []
    this.pendingChars = 0
  }
}

const BIGINT_FIELDS = new Set(['dev', 'ino', 'mtimeNs', 'ctimeNs'])

function reviveBigInts(key: string, value: unknown): unknown {
  return BIGINT_FIELDS.has(key) && typeof value === 'string' ? BigInt(value.slice(0, -1)) : value
}
