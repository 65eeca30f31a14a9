import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface OrchestratorOptions {
  configPath: string
  /** 0 = any free one. */
  port?: number
  /** Milliseconds between rewrites of the state, log lines and packs; 0 = never. */
  stateMs?: number
  logMs?: number
  packMs?: number
  maps?: readonly { from: string; to: string }[]
  env?: Record<string, string>
}

export interface RunningOrchestrator {
  port: number
  url: string
  pid: number
  statePath: string
  logPath: string
  process: ChildProcess
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null>
  /** SIGKILL. */
  kill(): Promise<void>
}

/** Starts the sample orchestrator and waits until it listens. */
export async function startOrchestrator(options: OrchestratorOptions): Promise<RunningOrchestrator> {
  const { port = 0, stateMs = 1000, logMs = 500, packMs = 15_000 } = options
  const program = fileURLToPath(new URL('sample-orchestrator.mjs', import.meta.url))
  const argv = [
    program,
    '--config',
    options.configPath,
    '--port',
    `${port}`,
    '--state-ms',
    `${stateMs}`,
    '--log-ms',
    `${logMs}`,
    '--pack-ms',
    `${packMs}`,
  ]
  for (const map of options.maps ?? []) argv.push('--map', `${map.from}=${map.to}`)
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...options.env } })
  const exited = once(child, 'exit') as Promise<[number | null]>
  const first = createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  const line = await Promise.race([first, exited.then(([code]) => Promise.reject(new Error(`the orchestrator ended with ${code}`)))])
  const told = JSON.parse(String(line.value)) as { port: number; pid: number; statePath: string; logPath: string }
  return {
    ...told,
    url: `http://127.0.0.1:${told.port}`,
    process: child,
    stop: async () => {
      child.kill('SIGTERM')
      return (await exited)[0]
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
