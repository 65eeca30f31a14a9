/**
 * Critical items are rewritten in place by a program that does not care who reads: they are read until two whole reads in a row are equal and,
 * for JSON, parse. Within a bound; then the last read is stored as it is and told as torn.
 */
import { hash } from 'node:crypto'
import { type BigIntStats, closeSync, fstatSync, readSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '#lib/base/clock.ts'
import type { RawPath } from '../raw-path.ts'
import { type JsonMeasure, measureJson } from '../workspace/state-baseline.ts'
import { type ReadFailure, readFailure } from './file-reader.ts'
import { isStillAt, openByPath } from './open-file.ts'

/** Larger files are read once, like any other. */
const WHOLE_BYTES = 128 * 1024 * 1024
/** Pairs of reads, and time, spent on a file that does not stand still. */
const MOST_PAIRS = 60
const MOST_MS = 4000
/** Text that is broken and has not changed for so long is not being written: it is broken on disk. */
const BROKEN_MS = 1000
/** Pauses differ, so that they cannot fall into step with the writer. */
const PAUSES_MS = [1, 5, 2, 11, 3, 17, 7]
const COMPARE_BYTES = 1024 * 1024

export interface CriticalRead {
  ok: true
  stat: BigIntStats
  content: Buffer
  sha256: string
  /** Two whole reads in a row were equal, and it parses where that is expected. */
  isStable: boolean
  /** Null for what is no JSON, and when the content is `knownSha256`. */
  json: JsonMeasure | null
}

export interface CriticalReadOptions {
  /** It has to parse: the read is repeated while it does not. Else only files that begin like JSON are measured at all. */
  expectsJson: boolean
  /** Content that was fine before: it is not looked at again. */
  knownSha256: string | null
  clock: Clock
  signal?: AbortSignal | undefined
}

/** Reads a critical file; null when it is too large to be held. */
export async function readCritical(path: RawPath, options: CriticalReadOptions): Promise<CriticalRead | ReadFailure | null> {
  const { clock, signal } = options
  const startedMs = clock.monotonicMs()
  let last = null as CriticalRead | null
  let sameSinceMs = startedMs
  for (let pair = 0; pair < MOST_PAIRS; pair++) {
    signal?.throwIfAborted()
    if (pair > 0) await delay(PAUSES_MS[pair % PAUSES_MS.length], undefined, { signal })
    const before: CriticalRead | null = last
    const read = readTwice(path)
    if (read === null || 'errno' in read) return read
    const nowMs = clock.monotonicMs()
    const sha256 = hash('sha256', read.content, 'hex')
    if (sha256 !== before?.sha256) sameSinceMs = nowMs
    last = { ok: true, stat: read.stat, content: read.content, sha256, ...judge(read, sha256, before, options) }
    if (last.isStable || nowMs - startedMs > MOST_MS || (read.isRepeated && nowMs - sameSinceMs > BROKEN_MS)) break
  }
  return last
}

function judge(
  read: { content: Buffer; isRepeated: boolean },
  sha256: string,
  last: CriticalRead | null,
  { expectsJson, knownSha256 }: CriticalReadOptions,
): Pick<CriticalRead, 'json' | 'isStable'> {
  if (sha256 === knownSha256 || !(expectsJson || beginsLikeJson(read.content))) return { json: null, isStable: read.isRepeated }
  const json = last?.sha256 === sha256 ? last.json! : measureJson(read.content)
  return { json, isStable: read.isRepeated && (json.ok || !expectsJson) }
}

const beginsLikeJson = (content: Buffer) => /^\s*[{[]/.test(content.toString('latin1', 0, 64))

/** Reads a file whole and then compares it with what is there, piece by piece: one copy in memory. */
function readTwice(path: RawPath): { stat: BigIntStats; content: Buffer; isRepeated: boolean } | ReadFailure | null {
  let fd: number
  try {
    fd = openByPath(path)
  } catch (error) {
    return readFailure(error)
  }
  try {
    const stat = fstatSync(fd, { bigint: true })
    if (!stat.isFile()) return { ok: false, code: 'not_regular', errno: 'EINVAL' }
    if (!isStillAt(fd, path)) return { ok: false, code: 'vanished', errno: 'ESTALE' }
    if (stat.size > BigInt(WHOLE_BYTES)) return null
    const content = readWhole(fd, Number(stat.size))
    const isRepeated = content.length === Number(stat.size) && isSame(fd, content) && isUntouched(stat, fstatSync(fd, { bigint: true }))
    return { stat, content, isRepeated }
  } catch (error) {
    return readFailure(error)
  } finally {
    closeSync(fd)
  }
}

const isUntouched = (before: BigIntStats, after: BigIntStats) => before.size === after.size && before.mtimeNs === after.mtimeNs

function readWhole(fd: number, sizeBytes: number): Buffer {
  const content = Buffer.allocUnsafeSlow(sizeBytes)
  let done = 0
  while (done < sizeBytes) {
    const count = readSync(fd, content, done, sizeBytes - done, done)
    if (count === 0) break
    done += count
  }
  return content.subarray(0, done)
}

function isSame(fd: number, content: Buffer): boolean {
  const piece = Buffer.allocUnsafe(COMPARE_BYTES)
  for (let at = 0; ; ) {
    const count = readSync(fd, piece, 0, piece.length, at)
    if (!piece.subarray(0, count).equals(content.subarray(at, at + count))) return false
    at += count
    if (count === 0) return at === content.length
  }
}
