import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { END_MARK } from './end-mark.ts'

const WORKER = fileURLToPath(new URL('command-worker.ts', import.meta.url))
const ROOT = join(dirname(WORKER), '../..')

/** What a command printed, and how it ended; null when its process ended with it. */
export interface Answer {
  code: number | null
  stdout: string
  stderr: string
}

/**
 * The command line in a process of its own that stays for the next command: what a command does and prints is the same, only starting costs nothing. For
 * tests in which the process is not the point. It ends with the test's process, whose pipe it reads.
 */
export class CommandSession {
  private child: ChildProcess | null = null
  private answer: ((code: number | null) => void) | null = null
  private stdout = ''
  private stderr = ''

  /** True while a command runs: it takes one at a time. */
  get isBusy(): boolean {
    return this.answer !== null
  }

  async run(argv: readonly string[], env: Readonly<Record<string, string | undefined>>, cwd: string): Promise<Answer> {
    const child = (this.child ??= this.start())
    this.stdout = ''
    this.stderr = ''
    const code = await new Promise<number | null>((resolve) => {
      this.answer = resolve
      child.stdin!.write(`${JSON.stringify({ argv, env, cwd })}\n`)
    })
    return { code, stdout: withoutMark(this.stdout), stderr: withoutMark(this.stderr) }
  }

  private start(): ChildProcess {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WORKER], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/orchive') },
    })
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.look()
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.look()
    })
    child.on('close', (code) => {
      this.child = null
      this.finish(code)
    })
    return child
  }

  /** Both streams have to have come to their end mark. */
  private look(): void {
    const code = new RegExp(`${END_MARK}(\\d+)\\n$`).exec(this.stdout)?.[1]
    if (code !== undefined && this.stderr.includes(END_MARK)) this.finish(Number(code))
  }

  private finish(code: number | null): void {
    const { answer } = this
    this.answer = null
    answer?.(code)
  }
}

const withoutMark = (text: string) => text.split(END_MARK)[0]!
