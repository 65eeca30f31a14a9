import type { z } from 'zod'
import { ADDRESSES, type EndpointName } from '#lib/contracts/addresses.ts'
import type { ENDPOINTS } from '#lib/contracts/endpoints.ts'

/** Names of the JSON endpoints. */
export type { EndpointName }
export type InputOf<N extends EndpointName> = z.input<(typeof ENDPOINTS)[N]['input']>
export type OutputOf<N extends EndpointName> = z.output<(typeof ENDPOINTS)[N]['output']>

/** An answer of the API that is not what was asked for, in words for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  readonly hint: string
  readonly status: number

  constructor(code: string, message: string, hint: string, status: number) {
    super(message)
    this.code = code
    this.hint = hint
    this.status = status
  }
}

/** What one call may say besides its input. */
export interface CallOptions {
  signal?: AbortSignal | undefined
  /** Sent again with the same input, a mutation is not done twice. 1–200 characters. */
  idempotencyKey?: string | undefined
}

/** Calls an endpoint by its name: path parameters, query and body are made from one input object. Throws `ApiError`. */
export type Client = <N extends EndpointName>(name: N, input: InputOf<N>, options?: CallOptions) => Promise<OutputOf<N>>

export interface ClientOptions {
  /** Of the console, e.g. `https://orchive.example.org`; empty = the page’s own. */
  address?: string
  /** Made on the account page. Without it the browser’s session counts. */
  token?: string
}

/** A client of the API whose inputs and answers have the types of the endpoint. Needs nothing but `fetch`. */
export function createClient({ address = '', token }: ClientOptions = {}): Client {
  const base = `${address.replace(/\/+$/, '')}/api/v1`
  return async (name, input, { signal, idempotencyKey } = {}) => {
    const [method, path] = ADDRESSES[name].split(' ') as ['get' | 'post', string]
    const rest: Record<string, unknown> = { ...(input as Record<string, unknown>) }
    const filled = path.replace(/\{(\w+)\}/g, (_, key: string) => {
      const value = String(rest[key])
      delete rest[key]
      return encodeURIComponent(value)
    })
    const headers: Record<string, string> = { accept: 'application/json' }
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    if (method === 'post') headers['content-type'] = 'application/json'
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey
    const response = await fetch(`${base}${filled}${method === 'get' ? queryOf(rest) : ''}`, {
      method: method.toUpperCase(),
      headers,
      ...(method === 'post' ? { body: JSON.stringify(rest) } : {}),
      ...(signal ? { signal } : {}),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error
      throw new ApiError('unreachable', 'The console does not answer.', 'Look whether it still runs, then read again.', 0)
    })
    const body: unknown = await response.json().catch(() => null)
    if (response.ok) return body as never
    throw toApiError(body, response.status)
  }
}

const own = createClient()

/** The console's own calls. */
export function callApi<N extends EndpointName>(name: N, input: InputOf<N>, signal?: AbortSignal): Promise<OutputOf<N>> {
  return own(name, input, { signal })
}

function queryOf(values: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(values)) if (value !== undefined && value !== '') query.set(key, String(value))
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

function toApiError(body: unknown, status: number): ApiError {
  const told = (body ?? {}) as { code?: string; message?: string; hint?: string }
  return new ApiError(
    told.code ?? 'internal',
    told.message ?? `The console answered ${status}.`,
    told.hint ?? 'Read again; the server log has the details.',
    status,
  )
}

/** The address of a file, or of a folder as tar. */
export function downloadHref(archiveId: string, path: string | null, format?: 'tar' | 'tar.zst' | 'tar.gz'): string {
  return `/api/v1/archives/${archiveId}/download${queryOf({ path: path ?? undefined, format })}`
}
