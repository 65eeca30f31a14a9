import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Size of a generated workspace; the defaults are the mix of the published peer figures (852 MB). */
export interface WorkloadSize {
  logs: number
  logMb: number
  packs: number
  stateMb: number
}

export const FULL: WorkloadSize = { logs: 8, logMb: 100, packs: 10_000, stateMb: 7 }

/** A deterministic stream of 32-bit numbers (xorshift32). */
export function numbers(seed: number): () => number {
  let x = seed | 1
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}

export const WORDS =
  'task queue agent deploy rollback digest cookbook runbook approval incident gateway retry timeout healthy degraded index pack knowledge summary milestone delivery worker lease token memory schedule drift repair report relay vector corpus'.split(
    ' ',
  )

function logLine(next: () => number, at: number): string {
  const words = Array.from({ length: 4 + (next() % 8) }, () => WORDS[next() % WORDS.length]).join(' ')
  return `{"ts":"${new Date(at).toISOString()}","level":"${next() % 9 === 0 ? 'warn' : 'info'}","taskId":"tsk_${next().toString(16).padStart(8, '0')}","traceId":"${next().toString(16)}${next().toString(16)}","durationMs":${next() % 90_000},"message":"${words}"}\n`
}

/** Writes or lengthens a JSONL log. */
export function writeLog(path: string, bytes: number, seed: number, flags: 'w' | 'a'): void {
  const next = numbers(seed)
  const fd = openSync(path, flags)
  let at = Date.UTC(2026, 0, 1) + seed * 1000
  let written = 0
  let lines: string[] = []
  let length = 0
  while (written < bytes) {
    const line = logLine(next, (at += next() % 900))
    lines.push(line)
    length += line.length
    if (length > 1 << 20) {
      written += writeSync(fd, lines.join(''))
      lines = []
      length = 0
    }
  }
  if (lines.length > 0) writeSync(fd, lines.join(''))
  closeSync(fd)
}

/** A generated knowledge pack. */
export function packText(seed: number): string {
  const next = numbers(seed * 7919 + 13)
  const sections = Array.from({ length: 6 + (next() % 6) }, (_, i) => ({
    title: `${WORDS[next() % WORDS.length]} ${i}`,
    score: next() / 2 ** 32,
    sourceId: next().toString(16),
    body: Array.from({ length: 40 + (next() % 40) }, () => WORDS[next() % WORDS.length]).join(' '),
  }))
  return JSON.stringify({ id: `kp-${seed}`, createdAt: new Date(1_760_000_000_000 + seed * 60_000).toISOString(), sections }, null, 2)
}

function stateText(bytes: number, seed: number): string {
  const next = numbers(seed + 99)
  const taskExecutions: unknown[] = []
  let length = 0
  while (length < bytes) {
    const record = {
      taskId: `tsk_${next().toString(16)}`,
      idempotencyKey: `${next().toString(16)}-${next().toString(16)}`,
      type: WORDS[next() % WORDS.length],
      status: next() % 7 ? 'success' : 'failed',
      attempt: 1 + (next() % 3),
      lastHandledAt: new Date(1_780_000_000_000 + (next() % 1e9)).toISOString(),
    }
    taskExecutions.push(record)
    length += 260
  }
  return JSON.stringify(
    { lastStartedAt: '2026-11-01T00:00:00.000Z', indexedDocs: 120, taskExecutions, approvals: [], incidentLedger: [] },
    null,
    2,
  )
}

export const packName = (i: number) => `knowledge-pack-${1_760_000_000_000 + i * 60_000}.json`

/** Writes the workspace into `root`: state, config, packs and JSONL logs. */
export function makeWorkload(root: string, size: WorkloadSize): void {
  mkdirSync(join(root, 'logs'), { recursive: true })
  mkdirSync(join(root, 'knowledge-packs'), { recursive: true })
  writeFileSync(
    join(root, 'orchestrator_config.json'),
    JSON.stringify(
      { docsPath: './docs', logsDir: './logs', stateFile: './orchestrator_state.json', knowledgePackDir: './knowledge-packs' },
      null,
      2,
    ),
  )
  writeFileSync(join(root, 'orchestrator_state.json'), stateText(size.stateMb * 1e6, 1))
  for (let i = 0; i < size.packs; i++) writeFileSync(join(root, 'knowledge-packs', packName(i)), packText(i))
  for (let i = 0; i < size.logs; i++) writeLog(join(root, 'logs', `run-${i}.jsonl`), size.logMb * 1e6, 1000 + i, 'w')
}

/** A day of use: 1 % more of each log, 0.5 % of the packs rewritten, the state rewritten whole. */
export function advanceDay(root: string, size: WorkloadSize, day: number): void {
  for (let i = 0; i < size.logs; i++) writeLog(join(root, 'logs', `run-${i}.jsonl`), (size.logMb * 1e6) / 100, 5000 + day * 100 + i, 'a')
  const packs = readdirSync(join(root, 'knowledge-packs'))
  for (let i = 0; i < packs.length / 200; i++) {
    writeFileSync(join(root, 'knowledge-packs', packs[(i * 197 + day * 31) % packs.length]!), packText(1_000_000 + day * 10_000 + i))
  }
  writeFileSync(join(root, 'orchestrator_state.json'), stateText(size.stateMb * 1e6 * (1 + day / 100), 1))
}

/** Time passes: every second log and every third pack are gone, so that old archives alone need what was in them. */
export function ageWorkspace(root: string): void {
  const drop = (folder: string, every: number) => {
    for (const [i, name] of readdirSync(join(root, folder)).sort().entries()) if (i % every === 0) rmSync(join(root, folder, name))
  }
  drop('logs', 2)
  drop('knowledge-packs', 3)
}
