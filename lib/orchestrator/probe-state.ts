import { httpGet } from './http-get.ts'

export interface StateSight {
  url: string
  /** A 2xx answer that is JSON. */
  isGood: boolean
  /** The parsed answer; null when there is none. */
  json: unknown
  /** What was seen, without a subject. */
  seen: string
}

/** Reads one address of the orchestrator's state; throws only when `signal` aborts. */
export async function probeState(url: string, timeoutMs: number, signal?: AbortSignal): Promise<StateSight> {
  const answer = await httpGet(url, timeoutMs, signal)
  if (answer.kind === 'refused') return { url, isGood: false, json: null, seen: 'refuses connections' }
  if (answer.kind === 'none') return { url, isGood: false, json: null, seen: `gives no answer (${answer.reason})` }
  const { status, body, isCut } = answer
  if (status < 200 || status > 299) return { url, isGood: false, json: null, seen: `answers ${status}` }
  // More than is looked at was read in part, and that much of a state is an answer.
  if (isCut) return { url, isGood: true, json: null, seen: `answers ${status} with more than ${body.length} bytes` }
  try {
    return { url, isGood: true, json: JSON.parse(body.toString('utf8')) as unknown, seen: `answers ${status}` }
  } catch {
    return { url, isGood: false, json: null, seen: `answers ${status}, but not with JSON` }
  }
}
