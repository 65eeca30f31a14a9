import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { AppError, type ErrorCode } from '#lib/base/errors.ts'

export interface VerbProgram {
  /** Absolute path of `bin/orchive`. */
  launcher: string
  home: string
  /** On whose behalf the verb runs, for records and the audit log. */
  actor: { id: string | null; name: string }
}

/** What is not urgent leaves the processors to whoever waits for a page: niceness of its process. */
const YIELDING = 10

/** First words of verbs of two words; options come after both, arguments after a `--`. A test holds them against the verbs that there are. */
export const VERB_GROUPS: ReadonlySet<string> = new Set([
  'audit',
  'catalog',
  'drill',
  'home',
  'notify',
  'people',
  'recover',
  'replica',
  'repository',
  'retention',
  'schedule',
  'workspace',
])
const MOST_BYTES = 256 * 1024 * 1024

/** The whole argument list of a child: the verb, our own options, then what was given. */
function argumentsOf(program: VerbProgram, argv: readonly string[], more: readonly string[]): string[] {
  const words = VERB_GROUPS.has(argv[0]!) ? 2 : 1
  const { id, name } = program.actor
  const actor = [`--actor=${name}`, ...(id === null ? [] : [`--actor-id=${id}`])]
  return [...argv.slice(0, words), '--home', program.home, ...actor, ...more, ...argv.slice(words)]
}

/**
 * Starts a verb that outlives this process: a session of its own, its output in `jobs/<id>.log`. Returns its pid. `onExit` is called when
 * it ends while this process still lives; a yielding one runs at a lower priority.
 */
export function startDetached(
  program: VerbProgram,
  jobsFolder: string,
  jobId: string,
  argv: readonly string[],
  { onExit = () => {}, isYielding = false }: { onExit?: () => void; isYielding?: boolean } = {},
): Promise<number> {
  mkdirSync(jobsFolder, { recursive: true, mode: 0o700 })
  const log = openSync(join(jobsFolder, `${jobId}.log`), 'a', 0o600)
  const child = spawn(program.launcher, argumentsOf(program, argv, ['--quiet', '--job', jobId]), {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.once('exit', onExit)
  child.unref()
  return new Promise((resolve, reject) => {
    child.once('spawn', () => {
      if (isYielding) yieldTo(child.pid!)
      resolve(child.pid!)
    })
    child.once('error', (error) => reject(couldNotStart(program, error)))
  })
}

/** Done before the child has threads of its own: priorities are a thread's on Linux. A console that yields itself has no child that comes before it. */
function yieldTo(pid: number): void {
  try {
    setPriority(pid, Math.max(YIELDING, getPriority()))
  } catch {
    // It is over already, or the host does not let us: it then runs like any other process.
  }
}

/** Runs a verb with `--json` to its end and gives its last document, also that of a verb whose check failed; throws what it reports. A yielding one runs at a lower priority. */
export async function runVerb(
  program: VerbProgram,
  argv: readonly string[],
  options: { signal?: AbortSignal | undefined; mostBytes?: number; isYielding?: boolean } = {},
): Promise<unknown> {
  const verb = pipeVerb(program, argv, { ...options, json: true })
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of verb.stdout) {
    bytes += (chunk as Buffer).length
    if (bytes > (options.mostBytes ?? MOST_BYTES)) {
      verb.child.kill()
      throw new AppError('internal', { message: `orchive ${argv[0]} printed too much.` })
    }
    chunks.push(chunk as Buffer)
  }
  if (options.signal?.aborted) throw new AppError('cancelled', { message: `orchive ${argv[0]} was stopped: nobody waits for it any more.` })
  const last = lastDocument(Buffer.concat(chunks))
  if (last === undefined) {
    await verb.done
    throw new AppError('internal', { message: `orchive ${argv[0]} printed nothing.` })
  }
  if (isError(last)) throw new AppError(last.code as ErrorCode, { message: last.message, hint: last.hint })
  return last
}

/** The last whole line as JSON; undefined when there is none: a child that was killed may have stopped in the middle of one. */
function lastDocument(output: Buffer): unknown {
  const end = output.lastIndexOf(0x0a)
  if (end < 0) return undefined
  return JSON.parse(output.subarray(output.subarray(0, end).lastIndexOf(0x0a) + 1, end).toString('utf8'))
}

function isError(document: unknown): document is { code: string; message: string; hint: string } {
  return typeof document === 'object' && document !== null && 'type' in document && document.type === 'error'
}

export interface PipedVerb {
  stdout: Readable
  child: ChildProcess
  /** Resolves at a clean end, rejects with the error the verb reported. */
  done: Promise<void>
}

/** Runs a verb whose output is piped on; a yielding one runs at a lower priority. */
export function pipeVerb(
  program: VerbProgram,
  argv: readonly string[],
  options: { signal?: AbortSignal | undefined; json?: boolean; isYielding?: boolean } = {},
): PipedVerb {
  const child = spawn(program.launcher, argumentsOf(program, argv, [options.json ? '--json' : '--quiet']), {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal ? { signal: options.signal } : {}),
  })
  if (options.isYielding) child.once('spawn', () => yieldTo(child.pid!))
  if (options.signal) endWhenLeft(child, options.signal)
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-8000)
  })
  const done = new Promise<void>((resolve, reject) => {
    child.on('error', (error) => reject(options.signal?.aborted ? error : couldNotStart(program, error)))
    child.on('close', (code) => (code === 0 || code === 3 ? resolve() : reject(reportedError(stderr, code))))
  })
  // Whoever reads stdout first and awaits later must not meet an unhandled rejection.
  done.catch(() => {})
  return { stdout: child.stdout, child, done }
}

/**
 * What a verb prints, for somebody who takes it piece by piece. A verb that fails at once says so before the first piece; a later failure is thrown at the end,
 * so that what is cut short does not look whole.
 */
export async function outputOf({ stdout, done }: PipedVerb): Promise<AsyncIterable<Buffer>> {
  await Promise.race([once(stdout, 'readable'), done])
  return (async function* () {
    yield* stdout
    await done
  })()
}

/** So long a verb that nobody waits for any more has for a clean end. */
const CLEAN_END_MS = 300

/**
 * The first signal, which `spawn` sends, asks for a clean end, and who reads the indexes of a long history comes to that after seconds of a processor that
 * others wait for. A second one ends a verb at once, unless it may be swapping.
 */
function endWhenLeft(child: ChildProcess, signal: AbortSignal): void {
  const askAgain = () => {
    const timer = setTimeout(() => child.kill(), CLEAN_END_MS)
    child.once('exit', () => clearTimeout(timer))
  }
  signal.addEventListener('abort', askAgain, { once: true })
  child.once('exit', () => signal.removeEventListener('abort', askAgain))
}

/** The verb's own error as it told people: a sentence, and below it what to do. */
function reportedError(stderr: string, code: number | null): AppError {
  const said = /orchive: (.+)(?:\n(.+))?\s*$/.exec(stderr.trim())
  return new AppError('io_failed', {
    message: said?.[1] ?? `The command ended with ${code ?? 'a signal'}.`,
    hint: said?.[2] ?? '',
    cause: stderr,
  })
}

function couldNotStart(program: VerbProgram, cause: unknown): AppError {
  return new AppError('internal', {
    message: `${program.launcher} could not be started.`,
    hint: 'Check that the checkout is complete and that its packages are installed.',
    cause,
  })
}
