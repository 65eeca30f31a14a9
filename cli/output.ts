import { writeSync } from 'node:fs'
import pc from 'picocolors'
import type { AppError } from '#lib/base/errors.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import { progressLine } from './progress-line.ts'
import { table } from './table.ts'
import { terminalText } from './terminal-text.ts'

type Colors = ReturnType<typeof pc.createColors>

/** How this run speaks: results on stdout, progress and diagnostics on stderr. */
export interface Output {
  readonly isJson: boolean
  /** Colours for stdout; plain functions where nobody would see them. */
  readonly color: Colors
  /** A line of what was asked for; nothing with `--json`. */
  line(text?: string): void
  /** Rows as aligned columns below a head; `right` names the columns whose numbers line up at the right. A table in parts has its head once (then null) and gives each part the same `widths`. */
  table(head: readonly string[] | null, rows: readonly (readonly string[])[], right?: readonly number[], widths?: number[]): void
  /** A line that says what was done; nothing with `--json` or `--quiet`. */
  said(text?: string): void
  /** Something to look at, on stderr also with `--quiet`. */
  warn(word: 'warning' | 'failed' | 'suspect' | 'note', text: string): void
  /** The one JSON document of a verb. */
  document(value: unknown): void
  /** A step of a long verb: a JSON line, or the bar and what the log warns of. */
  event(event: JobEvent): void
  /** What a dry run of a long verb ends with; nothing without `--json`. */
  planned(plan: unknown, more?: Record<string, unknown>): void
  error(error: AppError, isDebug: boolean): void
}

/** Makes the output of one run. */
export function makeOutput(options: { json: boolean; quiet: boolean; hasColor: boolean }): Output {
  const { json: isJson, quiet: isQuiet } = options
  const hasBar = process.stderr.isTTY === true && !isJson && !isQuiet
  const color = pc.createColors(options.hasColor && process.stdout.isTTY === true && !isJson)
  const stderrColor = pc.createColors(options.hasColor && process.stderr.isTTY === true)
  const stdout = new Pipe(1)
  const stderr = new Pipe(2)
  let isBarShown = false
  const clearBar = () => {
    if (isBarShown) stderr.write('\r\u001b[K')
    isBarShown = false
  }
  const line = (text = '') => {
    if (isJson) return
    clearBar()
    stdout.write(`${terminalText(text)}\n`)
  }
  const warn: Output['warn'] = (word, text) => {
    if (isJson || (isQuiet && word === 'note')) return
    clearBar()
    const paint = { warning: stderrColor.yellow, suspect: stderrColor.yellow, failed: stderrColor.red, note: stderrColor.dim }[word]
    stderr.write(`${paint(word)}: ${terminalText(text)}\n`)
  }
  return {
    isJson,
    color,
    line,
    warn,
    said: (text) => {
      if (!isQuiet) line(text)
    },
    table(head, rows, right, widths) {
      const lines = table(head ? [head, ...rows] : rows, right, widths)
      if (head) lines[0] = color.dim(lines[0]!)
      // In one go: a write for each of ten thousand lines takes longer than finding them.
      line(lines.join('\n'))
    },
    planned(plan, more = {}) {
      if (!isJson) return
      for (const event of [{ type: 'plan' }, { type: 'result', dryRun: true, ...more }])
        stdout.write(`${JSON.stringify({ ...event, plan })}\n`)
    },
    document: (value) => stdout.write(`${JSON.stringify(value)}\n`),
    event(event) {
      if (isJson) return stdout.write(`${JSON.stringify(event)}\n`)
      if (event.type === 'log' && event.level !== 'info') return warn(event.level === 'error' ? 'failed' : 'warning', event.message)
      if (!hasBar || event.type !== 'progress') return
      stderr.write(`\r\u001b[K${terminalText(progressLine(event, process.stderr.columns ?? 80))}`)
      isBarShown = true
    },
    error(error, isDebug) {
      clearBar()
      if (isJson) stdout.write(`${JSON.stringify({ type: 'error', code: error.code, message: error.message, hint: error.hint })}\n`)
      else
        stderr.write(`${stderrColor.red('orchive')}: ${terminalText(error.message)}${error.hint ? `\n${terminalText(error.hint)}` : ''}\n`)
      if (isDebug) stderr.write(`${error.stack ?? ''}\n${error.cause instanceof Error ? `${error.cause.stack}\n` : ''}`)
    },
  }
}

/** A file descriptor for text. A reader that has gone is no failure: the verb goes on, and nothing more is written. */
export class Pipe {
  private readonly fd: number
  private isClosed = false

  constructor(fd: number) {
    this.fd = fd
  }

  write(text: string): void {
    const bytes = Buffer.from(text)
    for (let done = 0; done < bytes.length && !this.isClosed; ) done += this.writeSome(bytes, done)
  }

  private writeSome(bytes: Buffer, from: number): number {
    try {
      return writeSync(this.fd, bytes, from)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') waitForReader()
      else if (code === 'EPIPE') this.isClosed = true
      else throw error
      return 0
    }
  }
}

/** A pipe that is full for the moment is waited for, since stdout may be in non-blocking mode. */
export function waitForReader(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
}
