import { errnoOf } from '#lib/base/errors.ts'

export type HttpAnswer =
  | { kind: 'answer'; status: number; body: Buffer; isCut: boolean }
  /** Nobody listens there. */
  | { kind: 'refused' }
  /** Neither an answer nor a refusal. */
  | { kind: 'none'; reason: string }

const MOST_BYTES = 1024 * 1024

/** GET on a connection of its own, so that none is left open to an orchestrator that is about to stop. Redirects are not followed. */
export async function httpGet(url: string, timeoutMs: number, signal?: AbortSignal): Promise<HttpAnswer> {
  signal?.throwIfAborted()
  // Loaded here, since most verbs that could ask never do.
  const { get } = await (url.startsWith('https:') ? import('node:https') : import('node:http'))
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)))
    const fail = (error: unknown) => {
      if (signal?.aborted) reject(signal.reason)
      else if (timeout.aborted) resolve({ kind: 'none', reason: 'no answer in time' })
      else if (isRefused(error)) resolve({ kind: 'refused' })
      else resolve({ kind: 'none', reason: reasonOf(error) })
    }
    const request = get(
      url,
      { agent: false, headers: { accept: 'application/json' }, signal: signal ? AbortSignal.any([signal, timeout]) : timeout },
      (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        const done = (isCut: boolean) => {
          resolve({ kind: 'answer', status: response.statusCode ?? 0, body: Buffer.concat(chunks), isCut })
          if (isCut) request.destroy()
        }
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          chunks.push(chunk)
          if (bytes > MOST_BYTES) done(true)
        })
        response.on('end', () => done(false))
        response.on('error', fail)
      },
    )
    request.on('error', fail)
  })
}

/** A name with several addresses is refused when all of them are. */
function isRefused(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isRefused)
  return errnoOf(error) === 'ECONNREFUSED'
}

function reasonOf(error: unknown): string {
  const errno = errnoOf(error)
  if (errno === 'ECONNRESET') return 'the connection was closed before an answer came'
  if (errno === 'ENOTFOUND' || errno === 'EAI_AGAIN') return 'the name of its host is not known'
  return errno ?? (error instanceof Error ? error.message : 'no answer')
}
