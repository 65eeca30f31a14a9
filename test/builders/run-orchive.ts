import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
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
    child.on('close', (code) =>
      resolve({
        code,
        stdout,
        stderr,
        get json() {
          return JSON.parse(stdout.trim().split('\n').at(-1)!) as never
        },
        get events() {
          return stdout
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Record<string, unknown>)
        },
      }),
    )
  })
}

export interface Bench {
  folder: string
  home: string
  workspace: SampleWorkspace
  run(...argv: string[]): Promise<Finished>
  remove(): void
}

/** A sample workspace and a home of its own, in one temporary folder; registered unless told otherwise. */
export async function makeBench(options: SampleOptions & { isRegistered?: boolean } = {}): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-cli-'))
  const home = join(folder, 'home')
  const workspace = makeSampleWorkspace(join(folder, 'ws'), options)
  const run = (...argv: string[]) => runOrchive(home, argv)
  if (options.isRegistered !== false) {
    const maps = workspace.maps.flatMap(({ from, to }) => ['--map', `${from}=${to}`])
    const added = await run('workspace', 'add', workspace.root, '--name', 'sample', '--config', workspace.configPath, ...maps)
    if (added.code !== 0) throw new Error(added.stderr)
  }
  return { folder, home, workspace, run, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
