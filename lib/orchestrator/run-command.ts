/**
 * Runs a command of the host file: no shell, a session and process group of its own, an end in any case. Output is kept as its tail only, so
 * that a command may print as much as it likes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '#lib/base/clock.ts'
import { commandText } from '#lib/base/command-text.ts'
import { AppError, errnoOf } from '#lib/base/errors.ts'

/** Environment variables of a command. */
export type CommandEnv = Readonly<Record<string, string | undefined>>

export interface CommandInput {
  /** Name of the workspace, for messages. */
  workspace: string
  /** The key of the command in the host file: `stop`, `start`, … */
  verb: string
  argv: readonly string[]
  timeoutMs: number
  clock: Clock
  env: CommandEnv
  signal?: AbortSignal | undefined
  /** Default: the root folder, so that no disk is kept busy. */
  cwd?: string | undefined
  /** Ends what the command left running in its group once it has ended itself. */
  endsGroup?: boolean | undefined
}

export interface CommandResult {
  /** Null when a signal ended it. */
  exitCode: number | null
  signal: NodeJS.Signals | null
  durationMs: number
  /** The end of what it printed, both streams as they came; `…` stands for what was left out. */
  outputTail: string
  timedOut: boolean
  /** It ended, but left a process behind that still holds its output. That process loses it when Orchive ends. */
  isOutputHeld: boolean
}

const TAIL_BYTES = 8192
/** Between the polite signal and the last one. */
const GRACE_MS = 2000
/** For output that is still on its way when the command has ended. */
const DRAIN_MS = 300

/**
 * Runs a command to its end, to its timeout (then its whole group is ended and `timedOut` set) or until `signal` aborts (the same, and
 * `cancelled` is thrown). Throws `runtime_command_failed` when it cannot be started; how it exits is the caller's to judge.
 */
export async function runCommand(input: CommandInput): Promise<CommandResult> {
  input.signal?.throwIfAborted()
  const startedMs = input.clock.monotonicMs()
  const child = await start(input)
  const tail = new OutputTail()
  let isClosed = false
  const closed = new Promise<void>((resolve) =>
    child.once('close', () => {
      isClosed = true
      resolve()
    }),
  )
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => tail.add(chunk))
  const { why, exitCode, signal } = await endOf(child, input)
  if (input.endsGroup) signalGroup(child.pid!, 'SIGKILL')
  if (why === 'aborted')
    throw new AppError('cancelled', { message: `The ${input.verb} command of ${input.workspace} was cancelled and ended.` })
  await Promise.race([closed, delay(DRAIN_MS, undefined, { ref: false })])
  if (!isClosed) letGo(child)
  return {
    exitCode,
    signal,
    durationMs: Math.round(input.clock.monotonicMs() - startedMs),
    outputTail: tail.text(),
    timedOut: why === 'timed-out',
    isOutputHeld: !isClosed && why === 'ended',
  }
}

function start(input: CommandInput): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const [command, ...words] = input.argv
    // Detached: a session of its own, so that a signal to its group reaches all that it starts and none of us.
    const { cwd = '/', env } = input
    const child = spawn(command!, words, {
      cwd,
      env: env as NodeJS.ProcessEnv,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.once('spawn', () => resolve(child))
    child.once('error', (error) => reject(notStarted(input, error)))
  })
}

interface End {
  why: 'ended' | 'timed-out' | 'aborted'
  exitCode: number | null
  signal: NodeJS.Signals | null
}

async function endOf(child: ChildProcess, { timeoutMs, signal: abort }: CommandInput): Promise<End> {
  const exited = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })),
  )
  let timer: NodeJS.Timeout | undefined
  let onAbort = () => {}
  const cutShort = new Promise<'timed-out' | 'aborted'>((resolve) => {
    timer = setTimeout(() => resolve('timed-out'), timeoutMs)
    onAbort = () => resolve('aborted')
    if (abort?.aborted) onAbort()
    abort?.addEventListener('abort', onAbort, { once: true })
  })
  const first = await Promise.race([exited, cutShort])
  clearTimeout(timer)
  abort?.removeEventListener('abort', onAbort)
  if (typeof first !== 'string') return { why: 'ended', ...first }
  const group = child.pid!
  signalGroup(group, 'SIGTERM')
  await Promise.race([exited, delay(GRACE_MS)])
  // Also after the command itself is gone: what it started may still be there.
  signalGroup(group, 'SIGKILL')
  // A process in the kernel's hands, or of another user, may outlive even that; it is not waited for.
  const end = await Promise.race([exited, delay(GRACE_MS, { exitCode: null, signal: null })])
  return { why: first, ...end }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch {
    // Gone already, or another user's.
  }
}

/** What the command left behind may go on writing as long as we live, and must not keep us alive. */
function letGo(child: ChildProcess): void {
  for (const stream of [child.stdout, child.stderr]) (stream as unknown as { unref?: () => void }).unref?.()
}

function notStarted({ workspace, verb, argv }: CommandInput, error: unknown): AppError {
  const errno = errnoOf(error)
  const command = argv[0]!
  const reason =
    errno === 'ENOENT'
      ? command.includes('/')
        ? `${command} is not there, or what it names as its interpreter is not`
        : `${command} is not on PATH`
      : errno === 'EACCES'
        ? `${command} may not be executed`
        : errno === 'ENOEXEC'
          ? `${command} is no program and names no interpreter`
          : `${command} could not be started (${errno ?? 'unknown reason'})`
  return new AppError('runtime_command_failed', {
    message: `The ${verb} command of ${workspace} could not be run: ${commandText(argv)}: ${reason}.`,
    hint: `Correct \`${verb}\` of ${workspace} in orchive.config.json on the host.`,
    context: { workspace, verb, argv: [...argv], errno },
    cause: error,
  })
}

/** The last bytes of a stream. */
class OutputTail {
  #chunks: Buffer[] = []
  #bytes = 0
  #isCut = false

  add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    while (this.#bytes - this.#chunks[0]!.length >= TAIL_BYTES) {
      this.#bytes -= this.#chunks.shift()!.length
      this.#isCut = true
    }
  }

  text(): string {
    let bytes = Buffer.concat(this.#chunks)
    if (bytes.length > TAIL_BYTES) {
      bytes = bytes.subarray(-TAIL_BYTES)
      this.#isCut = true
    }
    let start = 0
    // Not from the middle of a character.
    while (this.#isCut && start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++
    return `${this.#isCut ? '…' : ''}${bytes.toString('utf8', start).trimEnd()}`
  }
}
