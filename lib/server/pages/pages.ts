import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { AppError } from '#lib/base/errors.ts'
import { workerFile } from '#lib/base/worker-file.ts'
import { type CallsElsewhere, CallsForOthers } from '../api/calls-by-message.ts'
import type { AskSession } from '../known-sessions.ts'
import type { FromPages, ToPages } from './pages-thread.ts'
import { passOn } from './pass-on.ts'

/** What a page is made of is soon garbage. */
const YOUNG_MB = 24
/** How long it may take to end once it is told to. */
const LAST_PAGES_MS = 1000

/**
 * Next, in a thread of its own: rendering a page takes many milliseconds, and what it is made of is collected in longer stretches, during which no connection
 * would be looked after (docs/adr/0194-a-loop-that-holds-connections.md). Requests go there over a socket that only this user can open.
 */
export class Pages {
  readonly #worker: Worker
  readonly #folder: string
  readonly #agent = new Agent({ keepAlive: true })
  readonly #calls: CallsForOthers
  readonly #asking = new Map<number, PromiseWithResolvers<Awaited<ReturnType<AskSession>>>>()
  #asked = 0
  #isStopping = false

  private constructor(perform: CallsElsewhere['perform']) {
    this.#calls = new CallsForOthers(perform, (message) => this.#tell(message))
    // Readable for its owner alone, whatever the umask is.
    this.#folder = mkdtempSync(join(tmpdir(), 'orchive-pages-'))
    process.once('exit', () => rmSync(this.#folder, { recursive: true, force: true }))
    this.#worker = new Worker(workerFile('pages-thread', import.meta.url), {
      workerData: this.#socketPath,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    })
  }

  /** Starts the thread; resolves once pages are answered. `perform` does what they call endpoints for. */
  static start(perform: CallsElsewhere['perform']): Promise<Pages> {
    const pages = new Pages(perform)
    return new Promise((resolve) => {
      pages.#worker.on('message', (message: FromPages) => {
        if (message.kind === 'ready') resolve(pages)
        else pages.#hear(message)
      })
      pages.#worker.on('error', (error) => console.error('The thread of the pages died:', error))
      pages.#worker.once('exit', () => {
        // Without pages there is no console: whoever looks after it starts it again.
        if (!pages.#isStopping) process.exit(1)
      })
    })
  }

  answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
    passOn({ socketPath: this.#socketPath, agent: this.#agent }, incoming, outgoing)
  }

  /** Sessions are the auth library's, which lives among Next's modules. */
  askSession: AskSession = (headers) => {
    const id = this.#asked++
    const session = Promise.withResolvers<Awaited<ReturnType<AskSession>>>()
    this.#asking.set(id, session)
    this.#tell({ kind: 'ask', id, headers: [...headers] })
    return session.promise
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve))
    this.#tell({ kind: 'stop' })
    const patience = setTimeout(() => this.#worker.terminate(), LAST_PAGES_MS)
    await ended
    clearTimeout(patience)
    this.#agent.destroy()
  }

  get #socketPath(): string {
    return join(this.#folder, 'socket')
  }

  #tell(message: ToPages): void {
    this.#worker.postMessage(message)
  }

  #hear(message: Exclude<FromPages, { kind: 'ready' }>): void {
    switch (message.kind) {
      case 'call':
      case 'cancel':
        return void this.#calls.hear(message)
      case 'session':
        this.#asking.get(message.id)?.resolve(message.session)
        return void this.#asking.delete(message.id)
      case 'no-session':
        this.#asking.get(message.id)?.reject(new AppError(message.code, message))
        return void this.#asking.delete(message.id)
    }
  }
}
