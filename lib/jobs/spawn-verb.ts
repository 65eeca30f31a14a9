import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { AppError, type ErrorCode } from '#lib/base/errors.ts'

export interface VerbProgram {
  /** Absolute path of `bin/orchive`. */
  launcher: string
  home: string
  /** Name for the audit log. */
  actorName: string
}

const environment = (program: VerbProgram) => ({ ...process.env, ORCHIVE_ACTOR: program.actorName })

/** Verbs of two words; options come after them, arguments after a `--`. */
const GROUPS = new Set(['workspace', 'catalog', 'repository'])
const verbOf = (argv: readonly string[]) => argv.slice(0, GROUPS.has(argv[0]!) ? 2 : 1)

/** Starts a verb that outlives this process: its own session, its output in `jobs/<id>.log`. Returns its pid. */
export function startDetached(program: VerbProgram, jobsFolder: string, jobId: string, argv: readonly string[]): Promise<number> {
  mkdirSync(jobsFolder, { recursive: true, mode: 0o700 })
  const log = openSync(join(jobsFolder, `${jobId}.log`), 'a', 0o600)
  const child = spawn(
    program.launcher,
    [...verbOf(argv), '--home', program.home, '--quiet', '--job', jobId, ...argv.slice(verbOf(argv).length)],
    {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: environment(program),
    },
  )
  closeSync(log)
  child.unref()
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid!))
    child.once('error', (error) => reject(couldNotStart(program, error)))
  })
}

/** Runs a verb with `--json` to its end and gives its last document; throws what it reports. */
export async function runVerb(
  program: VerbProgram,
  argv: readonly string[],
  options: { signal?: AbortSignal; mostBytes?: number } = {},
): Promise<unknown> {
  const { stdout, done } = pipeVerb(program, [...verbOf(argv), '--json', ...argv.slice(verbOf(argv).length)], options)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stdout) {
    bytes += (chunk as Buffer).length
    if (bytes > (options.mostBytes ?? 256 * 1024 * 1024))
      throw new AppError('internal', { message: `orchive ${argv[0]} printed too much.` })
    chunks.push(chunk as Buffer)
  }
  const text = Buffer.concat(chunks).toString('utf8').trim()
  const last = text === '' ? null : (JSON.parse(text.split('\n').at(-1)!) as VerbError)
  if (last?.type === 'error') throw toError(last)
  await done
  return last
}

interface VerbError {
  type?: string
  code?: string
  message?: string
  hint?: string
}

/** The error that a verb printed with `--json`. */
function toError(error: VerbError): AppError {
  return new AppError((error.code ?? 'internal') as ErrorCode, { message: error.message ?? 'The command failed.', hint: error.hint ?? '' })
}

export interface PipedVerb {
  stdout: Readable
  child: ChildProcess
  /** Resolves at a clean end, rejects with the error the verb reported. */
  done: Promise<void>
}

/** Runs a verb whose output is piped on. */
export function pipeVerb(program: VerbProgram, argv: readonly string[], options: { signal?: AbortSignal } = {}): PipedVerb {
  const child = spawn(program.launcher, [...verbOf(argv), '--home', program.home, '--quiet', ...argv.slice(verbOf(argv).length)], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(program),
    ...(options.signal ? { signal: options.signal } : {}),
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-8000)
  })
  const done = new Promise<void>((resolve, reject) => {
    child.on('error', (error) => reject(couldNotStart(program, error)))
    child.on('close', (code) => (code === 0 || code === 3 ? resolve() : reject(reportedError(stderr, code))))
  })
  // Whoever reads stdout first and awaits later must not meet an unhandled rejection.
  done.catch(() => {})
  return { stdout: child.stdout, child, done }
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
