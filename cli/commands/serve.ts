import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import { getContainer } from '#lib/runtime/container.ts'
import { checkoutFolder } from '#lib/runtime/launcher.ts'
import { makeSetupToken } from '#lib/services/people/set-up.ts'
import type { Run } from '../program.ts'

/** Requests under way get this long to end. */
const STOP_WITHIN_MS = 2000

/** `serve`: the console, until it is stopped. */
export async function serve({ ctx, out, signal }: Run, _args: string[], options: Record<string, unknown>): Promise<number> {
  const { env } = getContainer()
  const root = checkoutFolder()
  const isDev = options.dev === true
  if (!isDev && !existsSync(join(root, '.next/BUILD_ID'))) {
    throw new AppError('usage', { message: 'The console is not built yet.', hint: `Run once: (cd ${root} && npm start)` })
  }
  const token = makeSetupToken(ctx)
  const url = `http://${env.bind.includes(':') ? `[${env.bind}]` : env.bind}:${env.port}`
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules/next/dist/bin/next'), isDev ? 'dev' : 'start', '--port', String(env.port), '--hostname', env.bind],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ORCHIVE_HOME: env.home,
        ORCHIVE_ROOT: root,
        NEXT_TELEMETRY_DISABLED: '1',
        NODE_ENV: isDev ? 'development' : 'production',
      },
    },
  )
  announce(child.stdout!, () => {
    // The token stands behind a #, so that it never reaches a server log.
    out.line(`Orchive console: ${url}${token ? `\nFirst start: create the admin at ${url}/set-up#token=${token}` : ''}`)
  })
  signal.addEventListener('abort', () => {
    child.kill('SIGTERM')
    // Browsers keep their event streams open; jobs are processes of their own and are not touched.
    setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS).unref()
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(signal.aborted ? 0 : (code ?? 1)))
  })
}

/** Calls back once Next says that it is ready; passes on what it prints after that. */
function announce(stdout: NodeJS.ReadableStream, onReady: () => void): void {
  let isReady = false
  stdout.on('data', (chunk: Buffer) => {
    if (isReady) process.stdout.write(chunk)
    else if (chunk.toString().includes('Ready')) {
      isReady = true
      onReady()
    }
  })
}
