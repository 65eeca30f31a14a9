import type { ApiAnswer, Call, Perform } from './call.ts'

/** What who needs a call done says to whoever does it. */
export type AskedByMessage = { kind: 'call'; id: number; call: Call; isPacked: boolean } | { kind: 'cancel'; id: number }

/** What is said back, once for each call that was asked for. */
export interface AnsweredByMessage {
  kind: 'answer'
  id: number
  answer: ApiAnswer
}

/** Calls that another thread does: each waits for its answer, and is cancelled there once nobody waits for it any more. */
export class CallsElsewhere {
  readonly #send: (message: AskedByMessage) => void
  readonly #waiting = new Map<number, (answer: ApiAnswer) => void>()
  #calls = 0

  constructor(send: (message: AskedByMessage) => void) {
    this.#send = send
  }

  /** How many are not answered yet. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Has a call done, and its answer packed if the client takes that. Never throws. */
  perform(call: Call, { isPacked, signal }: { isPacked: boolean; signal: AbortSignal }): Promise<ApiAnswer> {
    const id = this.#calls++
    return new Promise((resolve) => {
      const cancel = () => this.#send({ kind: 'cancel', id })
      this.#waiting.set(id, (answer) => {
        this.#waiting.delete(id)
        signal.removeEventListener('abort', cancel)
        resolve(answer)
      })
      signal.addEventListener('abort', cancel, { once: true })
      this.#send({ kind: 'call', id, call, isPacked })
    })
  }

  answered({ id, answer }: AnsweredByMessage): void {
    this.#waiting.get(id)?.(answer)
  }

  /** Answers all that wait: nobody does them any more. */
  answerAll(answer: ApiAnswer): void {
    for (const settle of [...this.#waiting.values()]) settle(answer)
  }
}

/** The other side: calls that are done here for another thread. */
export class CallsForOthers {
  readonly #perform: (call: Call, options: { isPacked: boolean; signal: AbortSignal }) => ReturnType<Perform>
  readonly #tell: (message: AnsweredByMessage) => void
  readonly #underWay = new Map<number, AbortController>()

  /** `tell` is told of an answer once its call is no longer under way. */
  constructor(perform: CallsElsewhere['perform'], tell: (message: AnsweredByMessage) => void) {
    this.#perform = perform
    this.#tell = tell
  }

  get underWay(): number {
    return this.#underWay.size
  }

  async hear(message: AskedByMessage): Promise<void> {
    const { id } = message
    if (message.kind === 'cancel') return this.#underWay.get(id)?.abort()
    const abort = new AbortController()
    this.#underWay.set(id, abort)
    const answer = await this.#perform(message.call, { isPacked: message.isPacked, signal: abort.signal })
    this.#underWay.delete(id)
    this.#tell({ kind: 'answer', id, answer })
  }

  cancelAll(): void {
    for (const abort of this.#underWay.values()) abort.abort()
  }
}
