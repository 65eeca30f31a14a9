/** A thread of the API: takes calls by message, and answers each by one. It has its own container, so its own handles of the databases. */
import { constants, getPriority, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { getContainer } from '#lib/runtime/container.ts'
import type { ApiAnswer, Call } from './call.ts'
import { packed } from './packed.ts'
import { perform } from './perform.ts'

/** What a thread of the API is told. */
export type ToThread = { kind: 'call'; id: number; call: Call; isPacked: boolean } | { kind: 'cancel'; id: number } | { kind: 'stop' }

/** What it says: once that it takes calls, then the answer to each. */
export type FromThread = { kind: 'ready' } | { kind: 'answer'; id: number; answer: ApiAnswer }

const BEHIND_THE_EVENT_LOOP = 5

const port = parentPort!
const calls = new Map<number, AbortController>()
let isStopping = false

port.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'call':
      return void answer(message)
    case 'cancel':
      return calls.get(message.id)?.abort()
    case 'stop':
      isStopping = true
      for (const abort of calls.values()) abort.abort()
      return endIfDone()
  }
})

// The event loop of the console goes before its calls, as those go before jobs. On Linux each thread has a priority of its own.
if (process.platform === 'linux') setPriority(Math.min(getPriority() + BEHIND_THE_EVENT_LOOP, constants.priority.PRIORITY_LOW))
port.postMessage({ kind: 'ready' } satisfies FromThread)

async function answer({ id, call, isPacked }: ToThread & { kind: 'call' }): Promise<void> {
  const abort = new AbortController()
  calls.set(id, abort)
  const answer = packed(await perform(call, abort.signal), isPacked)
  calls.delete(id)
  port.postMessage({ kind: 'answer', id, answer } satisfies FromThread, [answer.body.buffer])
  endIfDone()
}

function endIfDone(): void {
  if (!isStopping || calls.size > 0) return
  getContainer().close()
  port.close()
}
