/** Looks at a live JSON item as a backup would: whether it can be read, parses, and stands the comparison with the last archive that could be trusted. */
import type { Clock } from '#lib/base/clock.ts'
import { readCritical } from '../backup/critical-read.ts'
import type { Finding } from '../finding.ts'
import { rawOfBytes } from '../raw-path.ts'
import { type Baseline, compareBaseline } from '../workspace/state-baseline.ts'

export interface StateSight {
  /** `damaged`: it does not parse. `doubtful`: it parses, but shrank or lost its lists. `unreadable`: nobody can tell. */
  verdict: 'fine' | 'missing' | 'damaged' | 'doubtful' | 'unreadable'
  findings: Finding[]
  /** Null when there is nothing to read. */
  content: Buffer | null
}

/** Reads and judges a file; `before` is what the last trusted archive measured, null when there is none. */
export async function assessState(input: {
  rawPath: Buffer
  path: string
  before: Baseline | null
  clock: Clock
  signal?: AbortSignal | undefined
}): Promise<StateSight> {
  const { rawPath, path, before, clock, signal } = input
  const read = await readCritical(rawOfBytes(rawPath), { expectsJson: true, knownSha256: null, clock, signal })
  if (read === null) return sight('unreadable', null, finding('state_too_large', path, `${path} is too large to be looked at whole.`))
  if (!read.ok) {
    if (read.code === 'vanished') return sight('missing', null, finding('state_missing', path, `${path} is not there.`))
    return sight('unreadable', null, finding('state_unreadable', path, `${path} cannot be read (${read.errno}).`))
  }
  const findings = read.json === null ? [] : compareBaseline(before, read.json, path)
  if (read.json?.ok !== true) {
    const told = findings.length > 0 ? findings : [finding('state_invalid', path, `${path} is no JSON.`)]
    return { verdict: 'damaged', findings: told, content: read.content }
  }
  return { verdict: findings.length > 0 ? 'doubtful' : 'fine', findings, content: read.content }
}

const finding = (code: string, path: string, message: string): Finding => ({ severity: 'warning', code, path, message })

const sight = (verdict: StateSight['verdict'], content: Buffer | null, only: Finding): StateSight => ({
  verdict,
  findings: [only],
  content,
})
