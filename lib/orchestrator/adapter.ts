import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '#lib/base/clock.ts'
import { commandText } from '#lib/base/command-text.ts'
import { AppError } from '#lib/base/errors.ts'
import type { RuntimeEvidence } from '#lib/contracts/runtime.ts'
import { formatSeconds } from './format-seconds.ts'
import { type HostConfig, hostWorkspaceOf } from './host-config.ts'
import type { HostRuntime } from './host-config-shape.ts'
import { probeHealth } from './probe-health.ts'
import { probeProcess } from './probe-process.ts'
import { probeState, type StateSight } from './probe-state.ts'
import { type ProveStoppedInput, proveStopped } from './prove-stopped.ts'
import { type CommandEnv, type CommandResult, runCommand } from './run-command.ts'

export interface OrchestratedWorkspace {
  id: string
  name: string
  /** Absolute path of the live state file; null when the config does not tell. */
  statePath: string | null
}

/** What every step needs of the process that it runs in. */
export interface Host {
  clock: Clock
  /** The environment that commands run with. */
  env: CommandEnv
}

/** What there is to a step besides what the host file says. */
export interface StepOptions {
  signal?: AbortSignal | undefined
}

export interface StopProof {
  /** `unknown`: nothing speaks against it, and nothing proves it. Never `contradicted`: that is thrown. */
  outcome: 'proven' | 'unknown'
  evidence: RuntimeEvidence[]
}

export interface StateReading {
  evidence: RuntimeEvidence
  url: string
  /** The parsed answer; null when there is none. */
  json: unknown
}

/** The orchestrator of a workspace as the host file lets Orchive handle it. */
export function orchestratorOf(hostConfig: HostConfig, workspace: OrchestratedWorkspace, host: Host): Orchestrator {
  return new Orchestrator(hostConfig.path, hostWorkspaceOf(hostConfig, workspace)?.runtime ?? null, workspace, host)
}

/** Without a configured runtime somebody else stops and starts it; then only its state file is looked at, for this long. */
const UNCONFIGURED_LOOK_MS = 2000
const STATE_READ_TIMEOUT_MS = 10_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 1000

/**
 * Each step runs or looks once and returns what it saw, dated. A step that is not configured does nothing and says so as `unknown`; one that
 * fails throws. Remembers between `stop` and `proveStopped` what ran before; one object serves one stop.
 */
export class Orchestrator {
  readonly #hostConfigPath: string
  readonly #runtime: HostRuntime | null
  readonly #workspace: OrchestratedWorkspace
  readonly #clock: Clock
  readonly #env: CommandEnv
  #pidsBefore: number[] = []
  #stopTrouble: string | null = null

  constructor(hostConfigPath: string, runtime: HostRuntime | null, workspace: OrchestratedWorkspace, { clock, env }: Host) {
    this.#hostConfigPath = hostConfigPath
    this.#runtime = runtime
    this.#workspace = workspace
    this.#clock = clock
    this.#env = env
  }

  /** True when Orchive can stop and start it. */
  get isConfigured(): boolean {
    return this.#runtime !== null
  }

  /** What the steps around a restore would do, in order, as sentences for a plan. */
  describe(): string[] {
    const runtime = this.#runtime
    const { statePath } = this.#workspace
    const stateFile = statePath === null ? null : `nobody holds ${statePath} open`
    if (!runtime) {
      const stopped = 'Stop the orchestrator on the host first: no runtime is configured.'
      return stateFile ? [stopped, `See that ${stateFile}.`] : [stopped]
    }
    const { process, health } = runtime
    const proofs = [
      process && (process.pidFile === undefined ? `no process matches ${process.match}` : `the process of ${process.pidFile} is gone`),
      health && `${health.url} refuses connections`,
      stateFile,
    ].filter((proof) => proof !== undefined && proof !== null)
    return [
      `Stop it: ${commandText(runtime.stop)}`,
      `See within ${formatSeconds(runtime.stopTimeoutSeconds)} that ${proofs.join(', and that ') || 'nothing speaks against it'}.`,
      `Start it: ${commandText(runtime.start)}`,
      ...(health ? [`See within ${formatSeconds(runtime.startTimeoutSeconds)} that ${health.url} is healthy.`] : []),
      ...runtime.stateReads.map((url) => `Read ${url}`),
    ]
  }

  /**
   * Asks it to stop; `proveStopped` tells whether it did. A command that fails is `contradicted` where a process or health check can tell more
   * (what was stopped already often fails to stop), else thrown as `runtime_command_failed`.
   */
  async stop(options: StepOptions = {}): Promise<RuntimeEvidence> {
    const runtime = this.#runtime
    if (!runtime) return this.#notConfigured('stop', 'no command to stop it')
    this.#pidsBefore = runtime.process ? probeProcess(runtime.process).running.map(({ pid }) => pid) : []
    const ran = await this.#run('stop', runtime.stop, runtime.stopTimeoutSeconds, options)
    this.#stopTrouble = ran.trouble
    if (ran.trouble === null) return this.#evidence(ran.startedMs, 'stop', 'command', 'proven', `Ran ${commandText(runtime.stop)}.`)
    if (!runtime.process && !runtime.health) throw this.#commandFailed('stop', runtime.stop, ran)
    return this.#evidence(ran.startedMs, 'stop', 'command', 'contradicted', ran.trouble)
  }

  /**
   * Looks until it is proven that it stopped. Throws `runtime_not_stopped` when at the end of its time something still contradicts. Also
   * without a configured runtime it is seen to that nobody holds the state file open.
   */
  async proveStopped(options: StepOptions = {}): Promise<StopProof> {
    const runtime = this.#runtime
    const startedMs = this.#clock.monotonicMs()
    const input: ProveStoppedInput = {
      workspace: this.#workspace.name,
      health: runtime?.health ?? null,
      process: runtime?.process ?? null,
      statePath: this.#workspace.statePath,
      pidsBefore: this.#pidsBefore,
      timeoutMs: runtime ? runtime.stopTimeoutSeconds * 1000 : UNCONFIGURED_LOOK_MS,
      stopTrouble: this.#stopTrouble,
      clock: this.#clock,
    }
    const { outcome, checks } = await cancellable(options.signal, () => proveStopped({ ...input, signal: options.signal }))
    const evidence = checks.map((seen) => this.#evidence(startedMs, 'prove-stopped', seen.check, seen.outcome, sentence(seen.message)))
    return { outcome, evidence }
  }

  /** Starts it; `awaitHealthy` tells whether it came up. Throws `runtime_command_failed`. */
  async start(options: StepOptions = {}): Promise<RuntimeEvidence> {
    const runtime = this.#runtime
    if (!runtime) return this.#notConfigured('start', 'no command to start it')
    return this.#runToSuccess('start', 'start', runtime.start, runtime.startTimeoutSeconds, options)
  }

  /** Builds and starts it anew: `rebuild`, else `restart`, else `start` of the host file. Throws `runtime_command_failed`. */
  async rebuild(options: StepOptions = {}): Promise<RuntimeEvidence> {
    const runtime = this.#runtime
    if (!runtime) return this.#notConfigured('rebuild', 'no command to rebuild or restart it')
    if (runtime.rebuild) return this.#runToSuccess('rebuild', 'rebuild', runtime.rebuild, runtime.rebuildTimeoutSeconds, options)
    if (runtime.restart) return this.#runToSuccess('rebuild', 'restart', runtime.restart, runtime.startTimeoutSeconds, options)
    return this.#runToSuccess('rebuild', 'start', runtime.start, runtime.startTimeoutSeconds, options)
  }

  /** Looks until its health address is healthy. Throws `runtime_not_healthy` with what was seen last when the time is over. */
  async awaitHealthy(options: StepOptions = {}): Promise<RuntimeEvidence> {
    const runtime = this.#runtime
    const health = runtime?.health
    if (!runtime || !health) return this.#notConfigured('await-healthy', 'no health address', 'health')
    const startedMs = this.#clock.monotonicMs()
    const deadlineMs = startedMs + runtime.startTimeoutSeconds * 1000
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const leftMs = Math.max(FIRST_PAUSE_MS, deadlineMs - this.#clock.monotonicMs())
      const { outcome, seen } = await cancellable(options.signal, () => probeHealth(health, { timeoutMs: leftMs, signal: options.signal }))
      if (outcome === 'healthy') return this.#evidence(startedMs, 'await-healthy', 'health', 'proven', `${health.url} ${seen}.`)
      if (this.#clock.monotonicMs() >= deadlineMs) {
        throw new AppError('runtime_not_healthy', {
          message: `The orchestrator did not become healthy within ${formatSeconds(runtime.startTimeoutSeconds)}: ${health.url} ${seen}.`,
          hint: 'Look into its log on the host.',
          context: { workspace: this.#workspace.name, url: health.url, outcome },
        })
      }
      const waitMs = Math.min(pauseMs, Math.max(1, deadlineMs - this.#clock.monotonicMs()))
      await cancellable(options.signal, () => delay(waitMs, undefined, { signal: options.signal }))
    }
  }

  /** Asks each state address once; an answer that is no 2xx JSON is `contradicted`, not thrown. Empty when none is configured. */
  async readState(options: StepOptions = {}): Promise<StateReading[]> {
    const readings: StateReading[] = []
    for (const url of this.#runtime?.stateReads ?? []) {
      const startedMs = this.#clock.monotonicMs()
      const sight: StateSight = await cancellable(options.signal, () => probeState(url, STATE_READ_TIMEOUT_MS, options.signal))
      const outcome = sight.isGood ? 'proven' : 'contradicted'
      readings.push({
        url,
        json: sight.json,
        evidence: this.#evidence(startedMs, 'read-state', 'state-read', outcome, `${url} ${sight.seen}.`),
      })
    }
    return readings
  }

  async #runToSuccess(
    step: RuntimeEvidence['step'],
    verb: string,
    argv: readonly string[],
    timeoutSeconds: number,
    options: StepOptions,
  ): Promise<RuntimeEvidence> {
    const ran = await this.#run(verb, argv, timeoutSeconds, options)
    if (ran.trouble !== null) throw this.#commandFailed(verb, argv, ran)
    const held = ran.result.isOutputHeld
      ? ' What it started still writes to the output of Orchive and loses it when Orchive ends: let the command redirect it.'
      : ''
    return this.#evidence(ran.startedMs, step, 'command', 'proven', `Ran ${commandText(argv)}.${held}`)
  }

  async #run(verb: string, argv: readonly string[], timeoutSeconds: number, { signal }: StepOptions): Promise<Ran> {
    const startedMs = this.#clock.monotonicMs()
    const input = { workspace: this.#workspace.name, verb, argv, timeoutMs: timeoutSeconds * 1000, clock: this.#clock, env: this.#env }
    const result = await cancellable(signal, () => runCommand({ ...input, signal }))
    return { startedMs, result, trouble: troubleOf(this.#workspace.name, verb, argv, timeoutSeconds, result) }
  }

  #commandFailed(verb: string, argv: readonly string[], { result, trouble }: Ran): AppError {
    const endless = 'A start command has to return once the orchestrator runs, as `systemctl start` and `docker compose up -d` do.'
    const hint = result.timedOut && verb !== 'stop' ? endless : 'Try the command by hand on the host.'
    const { exitCode, signal, timedOut, outputTail } = result
    const context = { workspace: this.#workspace.name, verb, argv: [...argv], exitCode, signal, timedOut, outputTail }
    return new AppError('runtime_command_failed', { message: trouble ?? '', hint, context })
  }

  #notConfigured(step: RuntimeEvidence['step'], what: string, check: RuntimeEvidence['check'] = 'command'): RuntimeEvidence {
    const message = `There is ${what} of ${this.#workspace.name} in ${this.#hostConfigPath}; nothing was done.`
    return this.#evidence(this.#clock.monotonicMs(), step, check, 'unknown', message)
  }

  /** Dated by the real clock: it is about what happened on the host. */
  #evidence(
    startedMs: number,
    step: RuntimeEvidence['step'],
    check: RuntimeEvidence['check'],
    outcome: RuntimeEvidence['outcome'],
    message: string,
  ): RuntimeEvidence {
    const durationMs = Math.round(this.#clock.monotonicMs() - startedMs)
    return { step, check, outcome, at: new Date(this.#clock.realNowMs()).toISOString(), durationMs, message }
  }
}

interface Ran {
  startedMs: number
  result: CommandResult
  /** Why it did not succeed, as a sentence; null when it did. */
  trouble: string | null
}

function troubleOf(workspace: string, verb: string, argv: readonly string[], timeoutSeconds: number, result: CommandResult): string | null {
  if (result.exitCode === 0 && !result.timedOut) return null
  const how = result.timedOut
    ? `did not end within ${formatSeconds(timeoutSeconds)} and was ended`
    : result.exitCode === null
      ? `was ended by ${result.signal ?? 'a signal'}`
      : `ended with exit code ${result.exitCode}`
  const lastLine = result.outputTail.split('\n').at(-1)?.trim() ?? ''
  const said = lastLine === '' ? '' : `: ${lastLine.length > 300 ? `${lastLine.slice(0, 299)}…` : lastLine.replace(/\.$/, '')}`
  return `The ${verb} command of ${workspace} (${commandText(argv)}) ${how}${said}.`
}

/** An address or path at the beginning stays as it is. */
const sentence = (text: string) => `${/^[a-z]+ /.test(text) ? text[0]!.toUpperCase() : text[0]}${text.slice(1)}.`

/** A wait that is aborted ends as `cancelled`, whatever Node calls it. */
async function cancellable<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!signal?.aborted || error instanceof AppError) throw error
    throw new AppError('cancelled', { message: 'Cancelled while the orchestrator was waited for.', cause: error })
  }
}
