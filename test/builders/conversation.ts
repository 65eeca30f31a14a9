import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Runs in the child before its script: `answer` gives each line of the parent to a function and sends back what it returns. */
const PRELUDE = `
import { createInterface } from 'node:readline'
const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n')
function answer(reply) {
  say({ started: true })
  let work = Promise.resolve()
  createInterface({ input: process.stdin }).on('line', (line) => (work = work.then(async () => say(await reply(line)))))
}
`

/** A process of its own that is asked things and answers, one after the other, so that tests need no sleeping. */
export class Conversation {
  /** Resolves when the script listens. */
  readonly started: Promise<unknown>
  private readonly child: ChildProcess
  private readonly ended: Promise<unknown>
  private readonly waiting: ((answer: Record<string, unknown>) => void)[] = []

  /** `script` is a module that ends with a call of `answer(async (line) => …)`. */
  constructor(script: string) {
    this.child = spawn(process.execPath, ['--input-type=module', '-e', PRELUDE + script], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.started = this.next()
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.waiting.shift()?.(JSON.parse(line)))
  }

  get pid(): number {
    return this.child.pid!
  }

  /** The child's answer to a line; rejects when it ends instead. */
  ask(line: string): Promise<Record<string, unknown>> {
    const answer = this.next()
    this.child.stdin!.write(`${line}\n`)
    return answer
  }

  private next(): Promise<Record<string, unknown>> {
    const answer = new Promise<Record<string, unknown>>((resolve) => this.waiting.push(resolve))
    const died = this.ended.then(() => Promise.reject(new Error('The process ended without an answer.')))
    return Promise.race([answer, died])
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Resolves when the process is gone. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal)
    await this.ended
  }

  /** Ends it, if it still runs. */
  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill('SIGKILL')
  }
}
