import { jsonObject } from '#lib/base/json-text.ts'
import type { HostHealth } from './host-config-shape.ts'
import { httpGet } from './http-get.ts'

export interface HealthSight {
  /** `silent`: the connection was refused. `no-answer`: neither an answer nor a refusal, or only that of a proxy with nothing behind it. */
  outcome: 'healthy' | 'unhealthy' | 'silent' | 'no-answer'
  /** What was seen, without a subject: `answers 200 …`. */
  seen: string
}

/** Asks the health address once; throws only when `signal` aborts. */
export async function probeHealth(
  health: HostHealth,
  options: { timeoutMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<HealthSight> {
  const timeoutMs = Math.min(health.timeoutSeconds * 1000, options.timeoutMs ?? Number.POSITIVE_INFINITY)
  const answer = await httpGet(health.url, timeoutMs, options.signal)
  if (answer.kind === 'refused') return { outcome: 'silent', seen: 'refuses connections' }
  if (answer.kind === 'none') return { outcome: 'no-answer', seen: `gives no answer (${answer.reason})` }
  const { status, body } = answer
  if (status === 502 || status === 504)
    return { outcome: 'no-answer', seen: `answers ${status}: a proxy without the orchestrator behind it` }
  if (status < 200 || status > 299) return { outcome: 'unhealthy', seen: `answers ${status}` }
  const wrong = unmet(health.expect, body)
  return wrong === null
    ? { outcome: 'healthy', seen: `answers ${status}` }
    : { outcome: 'unhealthy', seen: `answers ${status}, but ${wrong}` }
}

/** The first expectation that an answer does not meet; null when it meets all. */
function unmet(expect: HostHealth['expect'], body: Buffer): string | null {
  if (!expect) return null
  const json = objectOf(body)
  if (json === null) return 'what it says is not a JSON object'
  for (const [key, value] of Object.entries(expect)) {
    const found = Object.hasOwn(json, key) ? json[key] : undefined
    if (found !== value) return `${key} is ${shown(found)}, not ${JSON.stringify(value)}`
  }
  return null
}

const shown = (value: unknown) => {
  const text = value === undefined ? 'missing' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

function objectOf(body: Buffer): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'))
    return jsonObject(json)
  } catch {
    return null
  }
}
