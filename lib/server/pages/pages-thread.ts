/** The thread of the pages: Next's handler behind a socket. What pages call endpoints for is done by the threads of the API, and asked for by message. */
import { createServer } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { type ErrorCode, toAppError } from '#lib/base/errors.ts'
import { getContainer } from '#lib/runtime/container.ts'
import { readEnv } from '#lib/runtime/env.ts'
import { checkoutFolder } from '#lib/runtime/launcher.ts'
import { type AnsweredByMessage, type AskedByMessage, CallsElsewhere } from '../api/calls-by-message.ts'
import { offerPerform } from '../api/performer.ts'
import { type AskSession, askSession } from '../known-sessions.ts'

/** What the thread of the pages is told. */
export type ToPages = AnsweredByMessage | { kind: 'ask'; id: number; headers: [string, string][] } | { kind: 'stop' }

/** What it says: once that it answers, then what it needs, and whose sessions are. */
export type FromPages =
  | { kind: 'ready' }
  | AskedByMessage
  | { kind: 'session'; id: number; session: Awaited<ReturnType<AskSession>> }
  | { kind: 'no-session'; id: number; code: ErrorCode; message: string; hint: string }

const port = parentPort!
const tell = (message: FromPages) => port.postMessage(message)
const calls = new CallsElsewhere(tell)

async function tellSession(id: number, headers: [string, string][]): Promise<void> {
  try {
    tell({ kind: 'session', id, session: await askSession(new Headers(headers)) })
  } catch (error) {
    const { code, message, hint } = toAppError(error)
    tell({ kind: 'no-session', id, code, message, hint })
  }
}

async function answerPages(): Promise<void> {
  const { bind, port: address } = readEnv()
  const { default: next } = await import('next')
  const app = next({ dev: false, dir: checkoutFolder(), hostname: bind, port: address })
  await app.prepare()
  const handle = app.getRequestHandler()
  offerPerform((call, signal) => calls.perform(call, { isPacked: false, signal }))
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch((error: unknown) => {
      console.error(`${incoming.method} ${incoming.url} failed:`, error)
      outgoing.destroy()
    })
  })
  // Who asks is the web server alone, which keeps its connections, and judges those of others.
  Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 })
  port.on('message', (message: ToPages) => {
    switch (message.kind) {
      case 'answer':
        return calls.answered(message)
      case 'ask':
        return void tellSession(message.id, message.headers)
      case 'stop':
        server.closeAllConnections()
        return void app.close().finally(() => {
          getContainer().close()
          process.exit(0)
        })
    }
  })
  server.listen(workerData as string, () => tell({ kind: 'ready' }))
}

void answerPages()
