import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommandSession } from './command-session.ts'
import { makeSampleWorkspace, type SampleOptions, type SampleWorkspace } from './sample-workspace.ts'

export const ORCHIVE = join(dirname(fileURLToPath(import.meta.url)), '../../bin/orchive')

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
  /** The last JSON line of stdout. */
  json: never
  /** All JSON lines of stdout. */
  events: Record<string, unknown>[]
}

/** Runs the real command line as its own process. */
export function runOrchive(
  home: string,
  argv: string[],
  options: { env?: Record<string, string>; cwd?: string; uid?: number; onStart?: (pid: number) => void } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(ORCHIVE, argv, {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ORCHIVE_HOME: home, ...options.env },
    })
    options.onStart?.(child.pid!)
    let stdout = ''
    let stderr = ''
    child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve(finished({ code, stdout, stderr })))
  })
}

function finished({ code, stdout, stderr }: Pick<Finished, 'code' | 'stdout' | 'stderr'>): Finished {
  const lines = () => stdout.trim().split('\n')
  return {
    code,
    stdout,
    stderr,
    get json() {
      return JSON.parse(lines().at(-1)!) as never
    },
    get events() {
      return lines().map((line) => JSON.parse(line) as Record<string, unknown>)
    },
  }
}

let session: CommandSession | null = null

/**
 * Runs the command line in a process that all quick commands of a test file share; as its own process while that one is busy. The same code with the same
 * answer, without the start: for tests in which the process is not the point.
 */
export async function runQuickly(
  home: string,
  argv: string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Finished> {
  session ??= new CommandSession()
  if (session.isBusy) return runOrchive(home, argv, options)
  return finished(await session.run(argv, { ...process.env, ORCHIVE_HOME: home, ...options.env }, options.cwd ?? process.cwd()))
}

export interface Bench {
  folder: string
  home: string
  workspace: SampleWorkspace
  /** Only of a sealed one. */
  passphraseFile: string
  run(...argv: string[]): Promise<Finished>
  remove(): void
}

/** What opens the repository of a sealed bench, besides the host's own key. */
export const PASSPHRASE = 'a horse that is correct'

/**
 * A sample workspace and a home of its own, in one temporary folder; registered unless told otherwise. `isQuick`: its commands share a process. `isSealed`: its
 * repository is encrypted, and `passphraseFile` opens it.
 */
export async function makeBench(
  options: SampleOptions & { isRegistered?: boolean; isQuick?: boolean; isSealed?: boolean } = {},
): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-cli-'))
  const home = join(folder, 'home')
  const workspace = makeSampleWorkspace(join(folder, 'ws'), options)
  const run = (...argv: string[]) => (options.isQuick ? runQuickly(home, argv) : runOrchive(home, argv))
  const passphraseFile = join(folder, 'passphrase')
  if (options.isSealed) {
    writeFileSync(passphraseFile, PASSPHRASE, { mode: 0o600 })
    const made = await run('repository', 'init', join(home, 'repository'), '--encrypt', '--passphrase-file', passphraseFile)
    if (made.code !== 0) throw new Error(made.stderr)
  }
  if (options.isRegistered !== false) {
    const maps = workspace.maps.flatMap(({ from, to }) => ['--map', `${from}=${to}`])
    const added = await run('workspace', 'add', workspace.root, '--name', 'sample', '--config', workspace.configPath, ...maps)
    if (added.code !== 0) throw new Error(added.stderr)
  }
  return { folder, home, workspace, passphraseFile, run, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
