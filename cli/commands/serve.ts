import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { getContainer } from '#lib/runtime/container.ts'
import { type Env, serverEnvironment } from '#lib/runtime/env.ts'
import { checkoutFolder } from '#lib/runtime/launcher.ts'
import { makeSetupToken } from '#lib/services/people/set-up.ts'
import type { Run } from '../program.ts'

/** How long the server may take to end once it is told to; it gives answers under way less than that. */
const LONGEST_STOP_MS = 10_000

/** One collector of garbage beside the event loop instead of four that take its processor, and little room for young objects: a stop of 19 ms is one of 4 (docs/adr/0180). */
const FLAGS = ['--v8-pool-size=1', '--no-parallel-scavenge', '--max-semi-space-size=8']

/** `serve`: the console, until it is stopped. */
export async function serve({ ctx, out, signal }: Run, _args: string[], options: Record<string, unknown>): Promise<number> {
  const { env } = getContainer()
  const root = checkoutFolder()
  const isDev = options.dev === true
  if (!isDev && !existsSync(join(root, '.next/BUILD_ID'))) {
    throw new AppError('usage', { message: 'The console is not built yet.', hint: `Run once: (cd ${root} && npm start)` })
  }
  await assertFree(env)
  const token = makeSetupToken(ctx)
  const url = `http://${env.bind.includes(':') ? `[${env.bind}]` : env.bind}:${env.port}`
  const address = ['--port', String(env.port), '--hostname', env.bind]
  const server = isDev ? ['node_modules/next/dist/bin/next', 'dev', ...address] : [webServer()]
  const child = spawn(process.execPath, [...FLAGS, '--disable-warning=ExperimentalWarning', ...server], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: serverEnvironment(env, root, isDev ? 'development' : 'production'),
  })
  whenReady(child, () => {
    // The token stands behind a #, so that it never reaches a server log. Both lines go out in one write.
    out.line(`Orchive console: ${url}${token ? `\nFirst start: create the admin at ${url}/set-up#token=${token}` : ''}`)
  })
  signal.addEventListener('abort', () => {
    child.kill('SIGTERM')
    // Jobs are processes of their own and go on.
    setTimeout(() => child.kill('SIGKILL'), LONGEST_STOP_MS).unref()
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    // Who was told to end and did has ended well, whatever it says; who had to be killed has not.
    child.on('close', (code) => resolve(code === null ? 1 : signal.aborted ? 0 : code))
  })
}

/** Of the bundle where this is part of one, else of the sources. */
const webServer = () => (import.meta.url.endsWith('.ts') ? 'lib/server/web-server.ts' : 'dist/web-server.js')

/** Calls back once the server says that it is ready; passes on what it prints after that. */
function whenReady(child: ChildProcess, onReady: () => void): void {
  let isReady = false
  child.stdout?.on('data', (chunk: Buffer) => {
    if (isReady) process.stdout.write(chunk)
    else if (chunk.toString().includes('Ready')) {
      isReady = true
      onReady()
    }
  })
}

/** A port that is taken is said in words here; Next would print a stack trace. */
function assertFree({ bind, port }: Env): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error) => reject(cannotListen(bind, port, error)))
    probe.listen({ host: bind, port, exclusive: true }, () => probe.close(() => resolve()))
  })
}

function cannotListen(bind: string, port: number, error: Error): AppError {
  const errno = errnoOf(error)
  const message =
    errno === 'EADDRINUSE'
      ? `Port ${port} of ${bind} is in use.`
      : errno === 'EACCES'
        ? `This user may not listen on port ${port}.`
        : `${bind}:${port} cannot be listened on (${errno ?? error.message}).`
  return new AppError('io_failed', { message, hint: 'Choose another one with ORCHIVE_PORT and ORCHIVE_BIND.', cause: error })
}
