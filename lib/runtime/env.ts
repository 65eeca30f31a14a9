import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { type Clock, fixedClock, systemClock } from '#lib/base/clock.ts'
import { AppError } from '#lib/base/errors.ts'

/** Everything that comes from environment variables; the only reader of `process.env`. */
export interface Env {
  home: string
  port: number
  bind: string
  clock: Clock
  isDebug: boolean
  /** The orchestrator's own overrides. */
  orchestratorConfig: string | undefined
  stateFile: string | undefined
  /** The console's job id and actor when it started this process. */
  actorName: string
  hasColor: boolean
}

/** Reads the environment; `home` from `--home` wins. Throws `usage` for values that cannot be meant. */
export function readEnv(overrides: { home?: string | undefined } = {}): Env {
  const env = process.env
  const port = Number(env.ORCHIVE_PORT ?? 7878)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new AppError('usage', { message: `ORCHIVE_PORT is “${env.ORCHIVE_PORT}”; a port from 1 to 65535 is expected.` })
  }
  return {
    home: homeFolder(overrides.home ?? env.ORCHIVE_HOME),
    port,
    bind: env.ORCHIVE_BIND ?? '127.0.0.1',
    clock: clockOf(env.ORCHIVE_TEST, env.ORCHIVE_NOW),
    isDebug: env.ORCHIVE_DEBUG === '1',
    orchestratorConfig: env.ORCHESTRATOR_CONFIG || undefined,
    stateFile: env.STATE_FILE || undefined,
    actorName: env.ORCHIVE_ACTOR || env.SUDO_USER || env.USER || 'cli',
    hasColor: !env.NO_COLOR && env.TERM !== 'dumb',
  }
}

function homeFolder(named: string | undefined): string {
  if (named) return isAbsolute(named) ? named : resolve(named)
  if (process.getuid?.() === 0) return '/var/lib/orchive'
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local/share'), 'orchive')
}

/** The clock stands still only where both variables say so: a stray ORCHIVE_NOW must not date real archives. */
function clockOf(test: string | undefined, now: string | undefined): Clock {
  if (test !== '1' || !now) return systemClock
  const fixedMs = Date.parse(now)
  if (Number.isNaN(fixedMs)) throw new AppError('usage', { message: `ORCHIVE_NOW is “${now}”; an ISO 8601 time is expected.` })
  return fixedClock(fixedMs)
}
