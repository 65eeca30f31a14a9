/** The thread of the pages: Next's handler behind a socket. What pages call endpoints for is done by the threads of the API, and asked for by message. */
import { createServer } from 'node:http'
import { constants, getPriority, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { getContainer } from '#lib/runtime/container.ts'
import { readEnv } from '#lib/runtime/env.ts'
import { checkoutFolder } from '#lib/runtime/launcher.ts'
import type { ApiAnswer, Call } from '../api/call.ts'
import { offerPerform } from '../api/performer.ts'
import { type AskSession, askSession } from '../known-sessions.ts'
import { spreadImmediates } from '../spread-immediates.ts'
import { oneATurn } from '../turns.ts'

/** What the thread of the pages is told. */
export type ToPages =
  | { kind: 'answer'; id: number; answer: ApiAnswer }
  | { kind: 'ask'; id: number; headers: [string, string][] }
  | { kind: 'stop' }

/** What it says: once that it answers, then what it needs, and whose sessions are. */
export type FromPages =
  | { kind: 'ready' }
  | { kind: 'call'; id: number; call: Call }
  | { kind: 'cancel'; id: number }
  | { kind: 'session'; id: number; session: Awaited<ReturnType<AskSession>> }
  | { kind: 'no-session'; id: number; error: Error }

const BEHIND_THE_EVENT_LOOP = 2

const port = parentPort!
const tell = (message: FromPages) => port.postMessage(message)
const waiting = new Map<number, (answer: ApiAnswer) => void>()
let calls = 0

/** Has a call done by the threads of the API. */
function perform(call: Call, signal: AbortSignal): Promise<ApiAnswer> {
  const id = calls++
  return new Promise((resolve) => {
    const cancel = () => tell({ kind: 'cancel', id })
    waiting.set(id, (answer) => {
      waiting.delete(id)
      signal.removeEventListener('abort', cancel)
      resolve(answer)
    })
    signal.addEventListener('abort', cancel, { once: true })
    tell({ kind: 'call', id, call })
  })
}

async function tellSession(id: number, headers: [string, string][]): Promise<void> {
  try {
    tell({ kind: 'session', id, session: await askSession(new Headers(headers)) })
  } catch (error) {
    tell({ kind: 'no-session', id, error: error instanceof Error ? error : new Error(String(error)) })
  }
}

async function answerPages(): Promise<void> {
  const { bind, port: address } = readEnv()
  spreadImmediates()
  // After that: it keeps what it finds.
  const { default: next } = await import('next')
  const app = next({ dev: false, dir: checkoutFolder(), hostname: bind, port: address })
  await app.prepare()
  const handle = app.getRequestHandler()
  offerPerform(perform)
  const begin = oneATurn()
  const server = createServer((incoming, outgoing) => {
    begin(() => {
      // Who left while it waited for its turn is not worked for.
      if (outgoing.destroyed) return
      handle(incoming, outgoing).catch((error: unknown) => {
        console.error(`${incoming.method} ${incoming.url} failed:`, error)
        outgoing.destroy()
      })
    })
  })
  port.on('message', (message: ToPages) => {
    switch (message.kind) {
      case 'answer':
        return waiting.get(message.id)?.(message.answer)
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

// The event loop that holds connections goes before pages, as these go before the calls of the API. On Linux each thread has a priority of its own.
if (process.platform === 'linux') setPriority(Math.min(getPriority() + BEHIND_THE_EVENT_LOOP, constants.priority.PRIORITY_LOW))
void answerPages()
