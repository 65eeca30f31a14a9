import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SAMPLE = fileURLToPath(new URL('sample-orchestrator.mjs', import.meta.url))

/** How often the sample orchestrator writes; 0 = never. */
export interface Pace {
  stateMs?: number
  logMs?: number
  packMs?: number
}

/** Programs that run on their own, as a service would: started by a command that returns, children of nobody in the test. */
export class Daemons {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  /** A command that starts a program in the background under a name. Standard input may be a file, which it then holds open. */
  start(name: string, argv: readonly string[], options: { stdin?: string } = {}): string[] {
    const input = options.stdin ?? '/dev/null'
    const script = 'in=$1 base=$2; shift 2; "$@" <"$in" >"$base.log" 2>&1 & echo $! >"$base.part" && mv "$base.part" "$base.pid"'
    return ['sh', '-c', script, 'start', input, this.#base(name), ...argv]
  }

  /** A command that starts the sample orchestrator. */
  startOrchestrator(name: string, configPath: string, port: number, { stateMs = 20, logMs = 0, packMs = 0 }: Pace = {}): string[] {
    const pace = ['--state-ms', `${stateMs}`, '--log-ms', `${logMs}`, '--pack-ms', `${packMs}`]
    return this.start(name, [process.execPath, SAMPLE, '--config', configPath, '--port', `${port}`, ...pace])
  }

  /** A command that starts a server whose `/health` says `status`, and which ignores SIGTERM. */
  startStubborn(name: string, port: number, status = 'healthy'): string[] {
    const program = join(this.#folder, `${name}.mjs`)
    const text = `import { createServer } from 'node:http'
process.on('SIGTERM', () => {})
createServer((_, response) => response.end('{"status":"${status}"}')).listen(${port}, '127.0.0.1')
`
    writeFileSync(program, text)
    return this.start(name, [process.execPath, program])
  }

  /** A command that asks one to stop. */
  stop(name: string): string[] {
    return ['sh', '-c', 'kill -TERM "$(cat "$1")"', 'stop', this.pidFile(name)]
  }

  pidFile(name: string): string {
    return `${this.#base(name)}.pid`
  }

  pid(name: string): number {
    return Number(readFileSync(this.pidFile(name), 'utf8'))
  }

  /** SIGKILL to those of these names that still run. */
  killAll(...names: string[]): void {
    for (const name of names.filter((one) => existsSync(this.pidFile(one)))) {
      try {
        process.kill(this.pid(name), 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
  }

  #base(name: string): string {
    return join(this.#folder, name)
  }
}

/** A port that nobody listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
