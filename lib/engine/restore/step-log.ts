/**
 * The steps of a swap, written beside the staged files before the first of them is taken: what will be done to which path, and what was
 * there before. On disk and not in memory, so that a million steps cost nothing; settling and undo read them again.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
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
  type: EntryType | 'other'
  base: number
  rel: RawPath
  area: number
  /** Path below the area's source of what moves in; null when nothing does. */
  staged: RawPath | null
  /** What is there before; null = nothing. */
  live: LiveStat | null
  /** Null for `quarantine`, and for a folder that is only on the way to something. */
  attributes: { mode: number; uid: number; gid: number; mtimeNs: bigint } | null
  sizeBytes: number
  /** Of the content that moves in; null for everything but files, and where it was not read. */
  sha256: string | null
  /** Of what is there before, where that was read: critical items. */
  liveSha256: string | null
  /** True when what moves in has to be JSON. */
  isJson: boolean
  /** Set for a folder that an earlier step made on the way to an item in it: it is kept, and taken back with that step. */
  isMadeBefore?: true
}

const READ_BYTES = 256 * 1024

/** Steps in the order in which they are taken. */
export class StepLog {
  count: number
  readonly path: RawPath
  private readonly fd: number
  private readonly writer: TextWriter | null

  private constructor(path: RawPath, fd: number, writer: TextWriter | null, count: number) {
    this.path = path
    this.fd = fd
    this.writer = writer
    this.count = count
  }

  /** A new log. */
  static create(path: RawPath): StepLog {
    const writer = new TextWriter(path)
    return new StepLog(path, writer.fd, writer, 0)
  }

  /** A log that was written before, to read. */
  static open(path: RawPath, count: number): StepLog {
    return new StepLog(path, openSync(fsPath(path), 'r'), null, count)
  }

  append(step: Step): void {
    this.writer!.add(`${JSON.stringify(step, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}\n`)
    this.count++
  }

  /** Makes everything appended durable. */
  sync(): void {
    this.writer?.sync()
  }

  /** All steps from the first. */
  *read(): Generator<Step> {
    this.writer?.flush()
    const decoder = new StringDecoder('utf8')
    const buffer = Buffer.allocUnsafe(READ_BYTES)
    let rest = ''
    for (let at = 0; ; ) {
      const count = readSync(this.fd, buffer, 0, READ_BYTES, at)
      if (count === 0) return
      at += count
      const lines = (rest + decoder.write(buffer.subarray(0, count))).split('\n')
      rest = lines.pop()!
      for (const line of lines) yield parse(line)
    }
  }

  /** All steps from the last. */
  *readBackwards(): Generator<Step> {
    this.writer?.flush()
    const buffer = Buffer.allocUnsafe(READ_BYTES)
    let rest = Buffer.alloc(0)
    for (let end = fstatSync(this.fd).size; end > 0; ) {
      const start = Math.max(0, end - READ_BYTES)
      const count = readSync(this.fd, buffer, 0, end - start, start)
      const text = Buffer.concat([buffer.subarray(0, count), rest])
      // What comes before the first line break may have begun in the block before.
      const from = start === 0 ? 0 : text.indexOf(NEWLINE) + 1
      if (start > 0 && from === 0) rest = text
      else {
        const lines = text.subarray(from).toString('utf8').split('\n')
        for (const line of lines.reverse()) if (line !== '') yield parse(line)
        rest = Buffer.from(text.subarray(0, from))
      }
      end = start
    }
  }

  close(): void {
    closeSync(this.fd)
  }
}

const NEWLINE = 0x0a
const BIGINT_FIELDS = new Set(['dev', 'ino', 'mtimeNs', 'ctimeNs'])

const parse = (line: string) => JSON.parse(line, reviveBigInts) as Step

function reviveBigInts(key: string, value: unknown): unknown {
  return BIGINT_FIELDS.has(key) && typeof value === 'string' ? BigInt(value.slice(0, -1)) : value
}

/** Whether a step puts something aside. */
export function isQuarantined(step: Step): boolean {
  return step.live !== null && step.do !== 'attributes' && !(step.do === 'folder' && step.live.type === 'dir')
}
