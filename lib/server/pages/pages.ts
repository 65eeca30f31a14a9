import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { workerFile } from '#lib/base/worker-file.ts'
import type { Perform } from '../api/call.ts'
import type { AskSession } from '../known-sessions.ts'
import type { FromPages, ToPages } from './pages-thread.ts'
import { passOn } from './pass-on.ts'

/** What a page is made of is soon garbage. */
const YOUNG_MB = 32
/** How long it may take to end once it is told to. */
const LAST_PAGES_MS = 1000

/**
 * Next, in a thread of its own: rendering a page takes many milliseconds, and what it is made of is collected in longer stretches, during which no connection
 * would be looked after (docs/adr/0194-pages-in-a-thread-of-their-own.md). Requests go there over a socket that only this user can open.
 */
export class Pages {
  readonly #worker: Worker
  readonly #folder: string
  readonly #agent = new Agent({ keepAlive: true })
  readonly #calls = new Map<number, AbortController>()
  readonly #asking = new Map<number, { resolve: (session: Awaited<ReturnType<AskSession>>) => void; reject: (error: Error) => void }>()
  readonly #perform: Perform
  #asked = 0
  #isStopping = false

  private constructor(perform: Perform) {
    this.#perform = perform
    // Readable for its owner alone, whatever the umask is.
    this.#folder = mkdtempSync(join(tmpdir(), 'orchive-pages-'))
    process.once('exit', () => rmSync(this.#folder, { recursive: true, force: true }))
    this.#worker = new Worker(workerFile('pages-thread', import.meta.url), {
      workerData: this.#socketPath,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    })
  }

  /** Starts the thread; resolves once pages are answered. `perform` does what they call endpoints for. */
  static start(perform: Perform): Promise<Pages> {
    const pages = new Pages(perform)
    return new Promise((resolve, reject) => {
      pages.#worker.on('message', (message: FromPages) => {
        if (message.kind === 'ready') resolve(pages)
        else pages.#hear(message)
      })
      pages.#worker.once('error', reject)
      pages.#worker.once('exit', () => {
        // Without pages there is no console: whoever looks after it starts it again.
        if (pages.#isStopping) return
        console.error('The thread of the pages ended.')
        process.exit(1)
      })
    })
  }

  answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
    passOn({ socketPath: this.#socketPath, agent: this.#agent }, incoming, outgoing)
  }

  /** Sessions are the auth library's, which lives among Next's modules. */
  askSession: AskSession = (headers) =>
    new Promise((resolve, reject) => {
      const id = this.#asked++
      this.#asking.set(id, { resolve, reject })
      this.#tell({ kind: 'ask', id, headers: [...headers] })
    })

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
        return void this.#call(message)
      case 'cancel':
        return this.#calls.get(message.id)?.abort()
      case 'session':
        this.#asking.get(message.id)?.resolve(message.session)
        return void this.#asking.delete(message.id)
      case 'no-session':
        this.#asking.get(message.id)?.reject(message.error)
        return void this.#asking.delete(message.id)
    }
  }

  async #call({ id, call }: FromPages & { kind: 'call' }): Promise<void> {
    const abort = new AbortController()
    this.#calls.set(id, abort)
    const answer = await this.#perform(call, abort.signal)
    this.#calls.delete(id)
    this.#tell({ kind: 'answer', id, answer })
  }
}
