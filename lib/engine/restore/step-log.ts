/**
 * The steps of a swap, written beside the staged files before the first of them is taken: what will be done to which path, and what was
 * there before. On disk and not in memory, so that a million steps cost nothing; a journal can be made of it.
 */
import { readSync, unlinkSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import type { EntryType } from '../entry.ts'
import { fsPath, type RawPath } from '../raw-path.ts'
import type { LiveStat } from './restore-types.ts'
import { TextWriter } from './text-writer.ts'

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

const READ_BYTES = 256 * 1024

/** Steps in the order in which they are taken. */
export class StepLog {
  count = 0
  private readonly path: RawPath
  private readonly file: TextWriter

  constructor(path: RawPath) {
    this.path = path
    this.file = new TextWriter(path)
  }

  append(step: Step): void {
    this.file.add(`${JSON.stringify(step, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}\n`)
    this.count++
  }

  /** Makes everything appended durable. */
  sync(): void {
    this.file.sync()
  }

  /** All steps from the first. */
  *read(): Generator<Step> {
    this.file.flush()
    const decoder = new StringDecoder('utf8')
    const buffer = Buffer.allocUnsafe(READ_BYTES)
    let rest = ''
    for (let at = 0; ; ) {
      const count = readSync(this.file.fd, buffer, 0, READ_BYTES, at)
      if (count === 0) return
      at += count
      const lines = (rest + decoder.write(buffer.subarray(0, count))).split('\n')
      rest = lines.pop()!
      for (const line of lines) yield JSON.parse(line, reviveBigInts) as Step
    }
  }

  close(): void {
    this.file.close()
  }

  remove(): void {
    unlinkSync(fsPath(this.path))
  }
}

const BIGINT_FIELDS = new Set(['dev', 'ino', 'mtimeNs', 'ctimeNs'])

function reviveBigInts(key: string, value: unknown): unknown {
  return BIGINT_FIELDS.has(key) && typeof value === 'string' ? BigInt(value.slice(0, -1)) : value
}
