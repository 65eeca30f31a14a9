/**
 * Critical items are rewritten in place by a program that does not care who reads: they are read until two whole reads in a row are equal and,
 * for JSON, parse. Within a bound; then the last read is stored as it is and told as torn.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fsPath, type RawPath } from '../raw-path.ts'
import { type JsonMeasure, measureJson } from '../workspace/state-baseline.ts'
import { ContentCutter, type FrameSink } from './file-content.ts'
import { type FileOutcome, type FileRead, failure, readFile } from './read-file.ts'

/** Larger files are read once, like any other. */
const WHOLE_BYTES = 512 * 1024 * 1024
const MOST_READS = 60
const MOST_MS = 4000
const PAUSE_MS = 7

export type CriticalOutcome = { outcome: FileOutcome; json: JsonMeasure | null; isStable: boolean }

interface WholeRead {
  bytes: Buffer
  stats: Omit<FileRead, 'ok' | 'sizeBytes' | 'sha256' | 'bodies' | 'note'>
}

/** Reads a critical file. `json` is null for files that are not JSON by name. */
export async function readCritical(
  path: RawPath,
  sink: FrameSink,
  clock: { realNowMs(): number; monotonicMs(): number },
  signal?: AbortSignal,
): Promise<CriticalOutcome> {
  const isJson = /\.json$/i.test(path)
  const startedMs = clock.monotonicMs()
  let last: WholeRead | null = null
  let json: JsonMeasure | null = null
  let isStable = false
  for (let reads = 0; reads < MOST_READS && clock.monotonicMs() - startedMs < MOST_MS; reads++) {
    signal?.throwIfAborted()
    const next = readWhole(path, clock.realNowMs())
    if ('ok' in next) return { outcome: next, json: null, isStable: false }
    if (next.bytes === null) return { outcome: await readFile(path, sink, clock.realNowMs()), json: null, isStable: true }
    const isRepeat = last?.bytes.equals(next.bytes)
    last = next as WholeRead
    if (isRepeat) {
      json = isJson ? measureJson(last.bytes) : null
      isStable = json === null || json.ok
      if (isStable) break
    }
    if (reads > 0) await delay(PAUSE_MS)
  }
  if (isJson && json === null) json = measureJson(last!.bytes)
  return { outcome: await store(last!, sink), json, isStable }
}

function readWhole(path: RawPath, takenAtMs: number): WholeRead | { bytes: null } | FileOutcome {
  let fd: number
  try {
    fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    return failure(error)
  }
  try {
    const stats = fstatSync(fd, { bigint: true })
    if (!stats.isFile()) return { ok: false, code: 'not_regular', errno: 'EINVAL' }
    if (stats.size > BigInt(WHOLE_BYTES)) return { bytes: null }
    const bytes = readFileSync(fd)
    const { mtimeNs, ctimeNs, dev, ino } = stats
    return {
      bytes,
      stats: { mtimeNs, ctimeNs, mode: Number(stats.mode) & 0o7777, uid: Number(stats.uid), gid: Number(stats.gid), dev, ino, takenAtMs },
    }
  } catch (error) {
    return failure(error)
  } finally {
    closeSync(fd)
  }
}

async function store(read: WholeRead, sink: FrameSink): Promise<FileRead> {
  const cutter = new ContentCutter(sink, read.bytes.length)
  await cutter.take(read.bytes, true)
  return { ok: true, sizeBytes: read.bytes.length, sha256: cutter.digest(), bodies: cutter.frames, ...read.stats, note: null }
}
