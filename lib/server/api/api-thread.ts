/** A thread of the API: takes calls by message, and answers each by one. It has its own container, so its own handles of the databases. */
import { constants, getPriority, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { getContainer } from '#lib/runtime/container.ts'
import { type AnsweredByMessage, type AskedByMessage, CallsForOthers } from './calls-by-message.ts'
import { packed } from './packed.ts'
import { perform } from './perform.ts'

/** What a thread of the API is told. */
export type ToThread = AskedByMessage | { kind: 'stop' }

/** What it says: once that it takes calls, then the answer to each. */
export type FromThread = { kind: 'ready' } | AnsweredByMessage

const BEHIND_THE_EVENT_LOOP = 5

const port = parentPort!
let isStopping = false

const calls = new CallsForOthers(
  async (call, { isPacked, signal }) => packed(await perform(call, signal), isPacked),
  (message) => {
    const { body } = message.answer
    port.postMessage(message satisfies FromThread, typeof body === 'string' ? [] : [body.buffer])
    endIfDone()
  },
)

port.on('message', (message: ToThread) => {
  if (message.kind !== 'stop') return void calls.hear(message)
  isStopping = true
  calls.cancelAll()
  endIfDone()
})

// The event loop of the console goes before its calls, as those go before jobs. On Linux each thread has a priority of its own.
if (process.platform === 'linux') setPriority(Math.min(getPriority() + BEHIND_THE_EVENT_LOOP, constants.priority.PRIORITY_LOW))
port.postMessage({ kind: 'ready' } satisfies FromThread)

function endIfDone(): void {
  if (!isStopping || calls.underWay > 0) return
  getContainer().close()
  port.close()
}
