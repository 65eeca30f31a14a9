/**
 * Whether an orchestrator has stopped. A restore under a running one is silently undone by its next save, so nothing counts as stopped because
 * a command said so:
 *
 *   contradicted  a process of it runs, its health address answers, or somebody holds its state file open
 *   proven        not contradicted, and its process is gone; or, where no process is known, its address is silent and its state file free
 *   unknown       neither: whoever asked has to decide
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '#lib/base/clock.ts'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { formatSeconds } from './format-seconds.ts'
import type { HostHealth, HostProcess } from './host-config-shape.ts'
import { probeHealth } from './probe-health.ts'
import { probeOpenFile } from './probe-open-file.ts'
import { probeProcess } from './probe-process.ts'
import { type SeenProcess, shortName } from './process-table.ts'

export interface ProveStoppedInput {
  /** Name of the workspace. */
  workspace: string
  health: HostHealth | null
  process: HostProcess | null
  /** Absolute path of the live state file; null when it is not known. */
  statePath: string | null
  /** Its processes as they were seen before it was asked to stop. */
  pidsBefore: readonly number[]
  /** How long to look again while something contradicts or an address gives no answer. */
  timeoutMs: number
  /** What went wrong when it was asked to stop, as a sentence; null = nothing, or it was not asked. */
  stopTrouble: string | null
  clock: Clock
  signal?: AbortSignal | undefined
}

export interface StopCheck {
  check: 'process' | 'health' | 'state-file'
  outcome: 'proven' | 'contradicted' | 'unknown'
  message: string
  /** Processes that contradict. */
  pids: number[]
  /** True when the same check may come out otherwise in a moment. */
  mayChange: boolean
}

const FIRST_PAUSE_MS = 50
/** Proven is what is so twice, this far apart: a supervisor may bring up at once what was only killed. */
const SETTLE_MS = 400
const LONGEST_PAUSE_MS = 500

/** Looks until it is proven, or the time is over. Throws `runtime_not_stopped` when it is contradicted to the end. */
export async function proveStopped(input: ProveStoppedInput): Promise<{ outcome: 'proven' | 'unknown'; checks: StopCheck[] }> {
  const deadlineMs = input.clock.monotonicMs() + input.timeoutMs
  let wasProven = false
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const leftMs = deadlineMs - input.clock.monotonicMs()
    const checks = await look(input, Math.max(leftMs, LEAST_LOOK_MS))
    if (isProven(checks)) {
      if (wasProven) return { outcome: 'proven', checks }
      wasProven = true
      await delay(SETTLE_MS, undefined, { signal: input.signal })
      continue
    }
    wasProven = false
    const isOver = input.clock.monotonicMs() >= deadlineMs
    const isContradicted = checks.some(({ outcome }) => outcome === 'contradicted')
    if (isOver && isContradicted) throw notStopped(input, checks)
    if (isOver || !checks.some(({ mayChange }) => mayChange)) return { outcome: 'unknown', checks }
    await delay(Math.min(pauseMs, Math.max(1, deadlineMs - input.clock.monotonicMs())), undefined, { signal: input.signal })
  }
}

/** The last look may take this long, even when the time is over. */
const LEAST_LOOK_MS = 250

async function look(input: ProveStoppedInput, timeoutMs: number): Promise<StopCheck[]> {
  const { process, health, statePath, pidsBefore, signal } = input
  return [
    ...(process ? [checkProcess(process, pidsBefore)] : []),
    ...(health ? [await checkHealth(health, timeoutMs, signal)] : []),
    // Last: what is seen here is true for this moment only, and the others lead up to it.
    checkStateFile(statePath),
  ]
}

function isProven(checks: readonly StopCheck[]): boolean {
  if (checks.some(({ outcome }) => outcome === 'contradicted')) return false
  const isSo = (wanted: StopCheck['check']) => checks.some(({ check, outcome }) => check === wanted && outcome === 'proven')
  return isSo('process') || (isSo('health') && isSo('state-file'))
}

function checkProcess(how: HostProcess, pidsBefore: readonly number[]): StopCheck {
  const { running, doubt } = probeProcess(how)
  const known = how.pidFile === undefined ? `no process matches ${how.match}` : `the process of ${how.pidFile} does not run`
  if (running.length > 0)
    return contradicted('process', `${processesText(running)} still ${running.length === 1 ? 'runs' : 'run'}`, running)
  // What was seen and is gone has ended, however little can be seen from here.
  if (pidsBefore.length > 0) return proven('process', `${pidsText(pidsBefore)} ended, and ${known}`)
  return doubt === null ? proven('process', known) : unknown('process', `${known}, but ${doubt}`)
}

async function checkHealth(health: HostHealth, timeoutMs: number, signal: AbortSignal | undefined): Promise<StopCheck> {
  const { outcome, seen } = await probeHealth(health, { timeoutMs, signal })
  const message = `${health.url} ${seen}`
  if (outcome === 'silent') return proven('health', message)
  return outcome === 'no-answer' ? { ...unknown('health', message), mayChange: true } : contradicted('health', message, [])
}

function checkStateFile(path: string | null): StopCheck {
  if (path === null) return unknown('state-file', 'where its state file lies is not known')
  try {
    const { isThere, holders, unseen } = probeOpenFile(path)
    if (!isThere) return proven('state-file', `${path} is not there`)
    if (holders.length > 0)
      return contradicted('state-file', `${processesText(holders)} ${holders.length === 1 ? 'holds' : 'hold'} ${path} open`, holders)
    if (unseen === null) return unknown('state-file', `who holds ${path} open cannot be seen on this system`)
    if (unseen === 0) return proven('state-file', `nobody holds ${path} open`)
    return unknown('state-file', `nobody is seen to hold ${path} open, but ${unseen} processes of other users could not be looked into`)
  } catch (error) {
    return unknown('state-file', `${path} could not be looked at (${errnoOf(error) ?? String(error)})`)
  }
}

const proven = (check: StopCheck['check'], message: string): StopCheck => ({
  check,
  outcome: 'proven',
  message,
  pids: [],
  mayChange: false,
})
const unknown = (check: StopCheck['check'], message: string): StopCheck => ({
  check,
  outcome: 'unknown',
  message,
  pids: [],
  mayChange: false,
})
const contradicted = (check: StopCheck['check'], message: string, by: readonly SeenProcess[]): StopCheck => ({
  check,
  outcome: 'contradicted',
  message,
  pids: by.map(({ pid }) => pid),
  mayChange: true,
})

function notStopped(input: ProveStoppedInput, checks: readonly StopCheck[]): AppError {
  const against = checks.filter(({ outcome }) => outcome === 'contradicted')
  const its = against.find(({ check }) => check === 'process')
  const reason = its ? pidsText(its.pids) : against.map(({ message }) => message).join('; ')
  const isKnown = input.process !== null || input.health !== null
  const said = isKnown
    ? `The orchestrator did not stop within ${formatSeconds(input.timeoutMs / 1000)} (${reason}).`
    : `The orchestrator may be running: ${reason}.`
  return new AppError('runtime_not_stopped', {
    message: [said, input.stopTrouble, 'Nothing was changed.'].filter(Boolean).join(' '),
    hint: 'Stop it on the host, then try again.',
    retryable: true,
    context: {
      workspace: input.workspace,
      pids: [...new Set(against.flatMap(({ pids }) => pids))],
      checks: checks.map(({ check, outcome, message }) => ({ check, outcome, message })),
    },
  })
}

const pidsText = (pids: readonly number[]) => `pid ${pids.join(', ')}`

function processesText(processes: readonly SeenProcess[]): string {
  return processes.map((seen) => `pid ${seen.pid} (${shortName(seen)})`).join(', ')
}
