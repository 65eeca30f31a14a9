import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { type Clock, fixedClock, systemClock } from '#lib/base/clock.ts'
import { AppError } from '#lib/base/errors.ts'

/** Everything that comes from environment variables; the only reader of `process.env`. */
export interface Env {
  home: string
  port: number
  bind: string
  /** Whether a reverse proxy of ours stands before the console, so that the last address in X-Forwarded-For is its word. */
  trustsProxy: boolean
  /** Hosts in private networks that notifications may be sent to. */
  notifyAllow: readonly string[]
  clock: Clock
  isDebug: boolean
  /** The orchestrator's own overrides. */
  orchestratorConfig: string | undefined
  stateFile: string | undefined
  /** What commands of the host run with: this environment without what Orchive and its launcher put into it. */
  hostEnv: Readonly<Record<string, string | undefined>>
  /** Who is at the shell. */
  userName: string
  /** Whether colours are wanted, if a terminal is there to show them. */
  hasColor: boolean
}

/** Reads the environment; `home` from `--home` wins. Throws `usage` for values that cannot be meant. */
export function readEnv(overrides: { home?: string | undefined } = {}): Env {
  const env = process.env
  const port = Number(env.ORCHIVE_PORT || 7878)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new AppError('usage', { message: `ORCHIVE_PORT is “${env.ORCHIVE_PORT}”; a port from 1 to 65535 is expected.` })
  }
  return {
    home: homeFolder(overrides.home ?? env.ORCHIVE_HOME),
    port,
    bind: env.ORCHIVE_BIND || '127.0.0.1',
    trustsProxy: flagOf('ORCHIVE_TRUST_PROXY', env.ORCHIVE_TRUST_PROXY),
    notifyAllow: (env.ORCHIVE_NOTIFY_ALLOW ?? '')
      .toLowerCase()
      .split(',')
      .map((host) => host.trim())
      .filter((host) => host !== ''),
    clock: clockOf(env.ORCHIVE_TEST, env.ORCHIVE_NOW),
    isDebug: env.ORCHIVE_DEBUG === '1',
    orchestratorConfig: env.ORCHESTRATOR_CONFIG || undefined,
    stateFile: env.STATE_FILE || undefined,
    hostEnv: Object.fromEntries(
      Object.entries(env).filter(([name]) => !/^(ORCHIVE_|NEXT_|__NEXT_|NODE_ENV$|NODE_COMPILE_CACHE$)/.test(name)),
    ),
    userName: env.SUDO_USER || env.USER || env.LOGNAME || 'cli',
    hasColor: !env.NO_COLOR && env.TERM !== 'dumb',
  }
}

/** The checkout as the launcher named it; undefined when this process was started without it. */
export const launchedFrom = (): string | undefined => process.env.ORCHIVE_ROOT

/** The environment of the web server that `serve` starts. */
export function serverEnvironment(env: Env, checkout: string, mode: 'production' | 'development'): NodeJS.ProcessEnv {
  return { ...process.env, ORCHIVE_HOME: env.home, ORCHIVE_ROOT: checkout, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: mode }
}

function homeFolder(named: string | undefined): string {
  if (named) return isAbsolute(named) ? named : resolve(named)
  if (process.getuid?.() === 0) return '/var/lib/orchive'
  return join(process.env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'orchive')
}

function flagOf(name: string, value: string | undefined): boolean {
  if (!value || value === '0') return false
  if (value === '1') return true
  throw new AppError('usage', { message: `${name} is “${value}”; 1 or 0 is expected.` })
}

/** The clock stands still only where both variables say so: a stray ORCHIVE_NOW must not date real archives. */
function clockOf(test: string | undefined, now: string | undefined): Clock {
  if (test !== '1' || !now) return systemClock
  const fixedMs = Date.parse(now)
  if (Number.isNaN(fixedMs)) throw new AppError('usage', { message: `ORCHIVE_NOW is “${now}”; an ISO 8601 time is expected.` })
  return fixedClock(fixedMs)
}
