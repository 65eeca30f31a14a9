/** Deterministic content that reads and compresses like the real thing: words, log lines, packs, state records. */

/** A deterministic stream of 32-bit numbers (xorshift32). */
export type Numbers = () => number

/** Numbers from a seed; equal seeds give equal streams. */
export function numbersFrom(seed: number): Numbers {
  let x = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 1
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}

const WORDS =
  'task queue agent deploy rollback digest cookbook runbook approval incident gateway retry timeout healthy degraded index pack knowledge summary milestone delivery worker lease token memory schedule drift repair report relay vector corpus'.split(
    ' ',
  )
const TYPES = [
  'doc-sync',
  'nightly-batch',
  'rss-sweep',
  'drift-repair',
  'agent-deploy',
  'reddit-response',
  'heartbeat',
  'summarize-content',
]

/** A few words in a row. */
export function phrase(next: Numbers, least: number, most: number): string {
  const words: string[] = []
  for (let i = least + (next() % (most - least + 1)); i > 0; i--) words.push(WORDS[next() % WORDS.length]!)
  return words.join(' ')
}

/** One element of a list. */
export function pick<T>(next: Numbers, list: readonly T[]): T {
  return list[next() % list.length]!
}

const hex = (value: number) => value.toString(16).padStart(8, '0')
const iso = (ms: number) => new Date(ms).toISOString()

/** A JSONL log line with its newline. Now and then one holds a token, as logs do. */
export function logLine(next: Numbers, atMs: number): string {
  const level = next() % 9 === 0 ? 'warn' : 'info'
  const token = next() % 500 === 0 ? `,"authorization":"Bearer demo-${hex(next())}${hex(next())}"` : ''
  return `{"ts":"${iso(atMs)}","level":"${level}","taskId":"tsk_${hex(next())}","traceId":"${hex(next())}${hex(next())}","durationMs":${next() % 90_000}${token},"message":"${phrase(next, 4, 11)}"}\n`
}

/** Log lines of about that many bytes in all, in pieces of about 256 KiB. */
export function* logText(next: Numbers, bytes: number, fromMs: number, stepMs: number): Generator<string> {
  let atMs = fromMs
  let written = 0
  while (written < bytes) {
    const lines: string[] = []
    let length = 0
    while (length < 256 * 1024 && written + length < bytes) {
      const line = logLine(next, (atMs += next() % stepMs))
      lines.push(line)
      length += line.length
    }
    written += length
    yield lines.join('')
  }
}

/** A knowledge pack: 4 KB of JSON on average. */
export function packText(seed: number, atMs: number): string {
  const next = numbersFrom(seed)
  const sections = Array.from({ length: 6 + (next() % 6) }, (_, i) => ({
    title: `${phrase(next, 1, 2)} ${i}`,
    score: next() / 2 ** 32,
    sourceId: hex(next()),
    body: phrase(next, 40, 80),
  }))
  return JSON.stringify({ id: `kp-${hex(seed)}`, generatedAt: iso(atMs), sections }, null, 2)
}

/** A finished task as `taskExecutions` keeps it. */
export function execution(next: Numbers, atMs: number) {
  const type = pick(next, TYPES)
  const isFailed = next() % 9 === 0
  return {
    taskId: `tsk_${hex(next())}`,
    idempotencyKey: `${type}:${hex(next())}`,
    type,
    status: isFailed ? 'failed' : 'success',
    attempt: 1 + (next() % 3),
    maxRetries: 3,
    lastHandledAt: iso(atMs),
    ...(isFailed ? { lastError: phrase(next, 4, 9) } : {}),
  }
}

/** A line of `taskHistory`. */
export function historyRecord(next: Numbers, atMs: number) {
  return {
    id: `tsk_${hex(next())}`,
    type: pick(next, TYPES),
    handledAt: iso(atMs),
    result: next() % 9 === 0 ? 'error' : 'ok',
    message: phrase(next, 4, 10),
  }
}

/** A line of `workflowEvents`. */
export function workflowEvent(next: Numbers, atMs: number) {
  return {
    eventId: `evt_${hex(next())}${hex(next())}`,
    runId: `run_${hex(next())}`,
    stage: pick(next, ['ingress', 'queue', 'agent', 'repair', 'result']),
    state: pick(next, ['started', 'completed', 'failed', 'waiting']),
    source: pick(next, TYPES),
    timestamp: iso(atMs),
    detail: phrase(next, 3, 7),
  }
}

/** An entry of `approvals`. */
export function approval(next: Numbers, atMs: number) {
  return {
    taskId: `tsk_${hex(next())}`,
    type: pick(next, TYPES),
    status: pick(next, ['pending', 'approved', 'rejected']),
    requestedAt: iso(atMs),
    decidedBy: pick(next, ['dana', 'kim', 'operator', null]),
    note: phrase(next, 3, 8),
  }
}

/** An entry of `incidentLedger`. */
export function incident(next: Numbers, atMs: number) {
  return {
    incidentId: `inc_${hex(next())}`,
    severity: pick(next, ['info', 'warning', 'critical']),
    classification: pick(next, ['runtime', 'persistence', 'knowledge', 'proof-delivery']),
    summary: phrase(next, 6, 14),
    status: pick(next, ['active', 'watching', 'resolved']),
    firstSeenAt: iso(atMs - 3_600_000),
    lastSeenAt: iso(atMs),
  }
}

/** A draft of `rssDrafts`. */
export function rssDraft(next: Numbers, atMs: number) {
  return {
    draftId: `drf_${hex(next())}`,
    sourceId: hex(next()),
    title: phrase(next, 5, 9),
    content: phrase(next, 30, 60),
    score: next() % 100,
    queuedAt: iso(atMs),
  }
}
