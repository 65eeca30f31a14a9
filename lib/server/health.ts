import { toAppError } from '#lib/base/errors.ts'
import { getContainer } from '#lib/runtime/container.ts'
import { lastLookMs } from '#lib/runtime/last-look.ts'

/** Schedules are looked at every half minute; silence this long means that nothing runs by itself any more. */
const SILENT_MS = 5 * 60_000

const answer = (status: number, body: Record<string, unknown>) => Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } })

/** The process answers: for a supervisor that restarts it. Says nothing about anybody's data, so anybody may ask. */
export function healthResponse(): Response {
  return answer(200, { status: 'ok' })
}

/** It can do its work: its database opens, and schedules were looked at lately. 503 with the checks that fail. */
export function readyResponse(): Response {
  const checks = { database: databaseProblem(), schedules: schedulesProblem() }
  const isReady = Object.values(checks).every((problem) => problem === null)
  const told = Object.fromEntries(Object.entries(checks).map(([name, problem]) => [name, problem ?? 'ok']))
  return answer(isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', checks: told })
}

/** Codes only: the path of the home is nobody's business who is not signed in. */
function databaseProblem(): string | null {
  try {
    getContainer().consoleDb.pragma('user_version')
    return null
  } catch (error) {
    return toAppError(error).code
  }
}

function schedulesProblem(): string | null {
  const lookMs = lastLookMs()
  if (lookMs === null) return 'not looked at yet'
  const silentMs = performance.now() - lookMs
  return silentMs > SILENT_MS ? `not looked at for ${Math.round(silentMs / 1000)} s` : null
}
