import { Worker } from 'node:worker_threads'
import { AppError } from '#lib/base/errors.ts'
import { workerFile } from '#lib/base/worker-file.ts'
import type { FromThread, ToThread } from './api-thread.ts'
import { type ApiAnswer, failureAnswer } from './call.ts'
import { CallsElsewhere } from './calls-by-message.ts'

/** More than processors, so that a short call does not wait for long ones; each holds its own pages of the catalog in memory. */
const MOST_THREADS = 4
const FEWEST_THREADS = 2
/** What an answer is made of is soon garbage; left to itself, each thread would keep several times as much of it. */
const YOUNG_MB = 32
/** How long calls under way may take once the threads are told to stop. */
const LAST_CALLS_MS = 1000

interface Thread {
  worker: Worker
  /** It has loaded its code and takes calls. */
  isReady: boolean
  calls: CallsElsewhere
}

/**
 * Calls to endpoints are done in threads, each with its own handles of the databases: a search or a plan holds up neither pages nor other readers. A call
 * goes to the thread with the fewest; while all have something to do one more is made ready beside. One that dies is replaced, and its calls are told so.
 */
export class ApiThreads {
  readonly #most: number
  #threads: Thread[] = []
  #isStopping = false

  constructor(most = MOST_THREADS) {
    this.#most = most
    this.#start()
  }

  /** Has a call done, and its answer packed if the client takes that. Never throws. */
  perform: CallsElsewhere['perform'] = (call, options) => this.#idlest().calls.perform(call, options)

  /** Cancels what is under way and ends the threads, so that no child of theirs is left. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const threads = this.#threads
    this.#threads = []
    const ended = threads.map(({ worker }) => new Promise((resolve) => worker.once('exit', resolve)))
    for (const { worker } of threads) worker.postMessage({ kind: 'stop' } satisfies ToThread)
    const patience = setTimeout(() => threads.map(({ worker }) => worker.terminate()), LAST_CALLS_MS)
    await Promise.all(ended)
    clearTimeout(patience)
  }

  #idlest(): Thread {
    const least = this.#threads.reduce((one, other) => (ease(one) >= ease(other) ? one : other), this.#threads[0] ?? this.#start())
    const isStarting = this.#threads.some(({ isReady }) => !isReady)
    if (least.calls.waiting > 0 && !isStarting && this.#threads.length < this.#most) this.#start()
    return least
  }

  #start(): Thread {
    const worker = new Worker(workerFile('api-thread', import.meta.url), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
    const thread: Thread = {
      worker,
      isReady: false,
      calls: new CallsElsewhere((message) => worker.postMessage(message satisfies ToThread)),
    }
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'answer') return thread.calls.answered(message)
      thread.isReady = true
      // One is always free to start with; what comes after waits for need.
      if (!this.#isStopping && this.#threads.length < Math.min(FEWEST_THREADS, this.#most)) this.#start()
    })
    worker.on('error', (error) => console.error('A thread of the API died:', error))
    worker.on('exit', () => {
      this.#threads = this.#threads.filter((other) => other !== thread)
      thread.calls.answerAll(died())
    })
    this.#threads.push(thread)
    return thread
  }
}

/** The more, the sooner a thread has time; one that is still starting comes last. */
const ease = ({ isReady, calls }: Thread) => (isReady ? -calls.waiting : Number.NEGATIVE_INFINITY)

const died = (): ApiAnswer =>
  failureAnswer(
    new AppError('io_failed', {
      message: 'The thread that worked on this ended before it had an answer.',
      hint: 'Look whether it was done, then send it again.',
    }),
  )
