import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ORCHIVE = join(dirname(fileURLToPath(import.meta.url)), '../../bin/orchive')

export const ADMIN = { name: 'Ada Admin', email: 'ada@example.test', password: 'correct horse battery' }

export interface RunningConsole {
  url: string
  /** The one-time set-up token; null when somebody exists already. */
  setupToken: string | null
  pid: number
  /** Creates the admin and signs in; returns the cookie header. */
  signUp(): Promise<string>
  signIn(): Promise<string>
  /** Ends it as a service manager would; gives its exit code. */
  stop(): Promise<number | null>
}

/** Starts a real console on a home of its own and a free port, and waits until it is ready. */
export async function startConsole(options: { home: string; port?: number; env?: Record<string, string> }): Promise<RunningConsole> {
  const port = options.port ?? (await freePort())
  const child = spawn(ORCHIVE, ['serve', '--home', options.home], {
    env: { ...process.env, ORCHIVE_PORT: String(port), ORCHIVE_BIND: '127.0.0.1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const { url, setupToken } = await ready(child)
  const post = (path: string, body: unknown) =>
    fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', origin: url }, body: JSON.stringify(body) })
  const signIn = async () => {
    const response = await post('/api/auth/sign-in/email', { email: ADMIN.email, password: ADMIN.password })
    if (!response.ok) throw new Error(`Sign-in answered ${response.status}: ${await response.text()}`)
    return response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ')
  }
  return {
    url,
    setupToken,
    pid: child.pid!,
    signIn,
    signUp: async () => {
      const response = await post('/api/v1/set-up', { token: setupToken, ...ADMIN })
      if (!response.ok) throw new Error(`Set-up answered ${response.status}: ${await response.text()}`)
      return signIn()
    },
    stop: () => stop(child),
  }
}

function ready(child: ChildProcess): Promise<{ url: string; setupToken: string | null }> {
  let text = ''
  return new Promise((resolve, reject) => {
    const look = (chunk: Buffer) => {
      text += chunk.toString()
      const url = /Orchive console: (\S+)\n/.exec(text)?.[1]
      if (!url) return
      // The token, if there is one, is printed in the same write.
      resolve({ url, setupToken: /#token=(\S+)/.exec(text)?.[1] ?? null })
    }
    child.stdout!.on('data', look)
    child.stderr!.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.on('close', (code) => reject(new Error(`The console ended with ${code}: ${text}`)))
  })
}

function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => {
    child.on('close', resolve)
    child.kill('SIGTERM')
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
