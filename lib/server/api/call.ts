import type { EndpointName } from '#lib/contracts/addresses.ts'
import type { Actor } from '#lib/services/context.ts'
import { toErrorBody } from '../failure.ts'

/** What somebody asks of an endpoint. It can be handed to another thread. */
export interface Call {
  name: EndpointName
  actor: Actor
  /** Path parameters, query and body in one object, before they are parsed. */
  raw: Record<string, unknown>
  /** How the client calls this request, so that it is done once, and the path of its address; null = it may be done again. */
  once: { key: string; path: string } | null
}

/** What an endpoint answers. It can be handed to another thread. */
export interface ApiAnswer {
  status: number
  headers: Record<string, string>
  /** JSON, or that packed as the headers say. */
  body: string | Uint8Array<ArrayBuffer>
}

/** Does what a call asks for; the signal fires when nobody waits for the answer any more. Never throws. */
export type Perform = (call: Call, signal: AbortSignal) => Promise<ApiAnswer>

/** Data as a JSON answer. */
export const jsonAnswer = (status: number, data: unknown, headers: Record<string, string> = {}): ApiAnswer => ({
  status,
  headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
  body: JSON.stringify(data) ?? 'null',
})

/** Any failure as the one JSON error shape. */
export function failureAnswer(error: unknown): ApiAnswer {
  const { body, status } = toErrorBody(error)
  return jsonAnswer(status, body)
}
