import { writeSync } from 'node:fs'
import pc from 'picocolors'
import type { AppError } from '#lib/base/errors.ts'
import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import type { JobEvent } from '#lib/contracts/job.ts'

/** How this run speaks: results on stdout, progress and diagnostics on stderr. */
export interface Output {
  readonly isJson: boolean
  readonly isQuiet: boolean
  /** Colours for stdout; plain functions where nobody would see them. */
  readonly color: ReturnType<typeof pc.createColors>
  /** A line for people; nothing with `--json`. */
  line(text?: string): void
  /** The one JSON document of a listing verb. */
  document(value: unknown): void
  /** An event of a long verb: NDJSON with `--json`, a progress bar on a terminal. */
  event(event: JobEvent): void
  /** A diagnostic for people. */
  note(text: string): void
  error(error: AppError, isDebug: boolean): void
}

/** Makes the output of one run. */
export function makeOutput(options: { json: boolean; quiet: boolean; hasColor: boolean }): Output {
  const isTerminal = process.stderr.isTTY === true && !options.json && !options.quiet
  const color = pc.createColors(options.hasColor && process.stdout.isTTY === true && !options.json)
  const write = (text: string) => writeAll(1, text)
  const clearBar = () => isTerminal && process.stderr.write('\r\u001b[K')
  return {
    isJson: options.json,
    isQuiet: options.quiet,
    color,
    line(text = '') {
      if (options.json) return
      clearBar()
      write(`${text}\n`)
    },
    document: (value) => write(`${JSON.stringify(value)}\n`),
    event(event) {
      if (options.json) write(`${JSON.stringify(event)}\n`)
      else if (isTerminal && event.type === 'progress') process.stderr.write(`\r\u001b[K${barOf(event, process.stderr.columns ?? 80)}`)
      else if (event.type === 'result' || event.type === 'error') clearBar()
      else if (event.type === 'log' && event.level !== 'info' && !options.quiet) {
        clearBar()
        process.stderr.write(`${event.level}: ${event.message}\n`)
      }
    },
    note(text) {
      if (options.json || options.quiet) return
      clearBar()
      process.stderr.write(`${text}\n`)
    },
    error(error, isDebug) {
      clearBar()
      if (options.json) write(`${JSON.stringify({ type: 'error', code: error.code, message: error.message, hint: error.hint })}\n`)
      else process.stderr.write(`orchive: ${error.message}${error.hint ? `\n${error.hint}` : ''}\n`)
      if (isDebug) process.stderr.write(`${error.stack ?? ''}\n${error.cause instanceof Error ? error.cause.stack : ''}\n`)
    },
  }
}

/** Phase, files, bytes, speed, time left, path: always in this order, unknown as `-`. */
function barOf(progress: Extract<JobEvent, { type: 'progress' }>, columns: number): string {
  const of = (done: string, total: string | null) => (total === null ? done : `${done} of ${total}`)
  const parts = [
    progress.phase,
    `${of(formatCount(progress.filesDone), progress.filesTotal === null ? null : formatCount(progress.filesTotal))} files`,
    of(formatBytes(progress.bytesDone), progress.bytesTotal === null ? null : formatBytes(progress.bytesTotal)),
    progress.bytesPerSecond === null ? '-' : `${formatBytes(progress.bytesPerSecond)}/s`,
    progress.etaMs === null ? '-' : `${formatDuration(progress.etaMs)} left`,
  ]
  const head = parts.join(' · ')
  const room = columns - head.length - 4
  const path = progress.currentPath ?? ''
  return room < 10 ? head.slice(0, columns - 1) : `${head} · ${path.length > room ? `…${path.slice(-(room - 1))}` : path}`
}

/** Writes all of it, also to a pipe that is full for the moment; ends the process quietly when the reader is gone. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  let done = 0
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'EPIPE') process.exit(0)
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

/** Rows as aligned columns; `right` names the columns whose numbers line up at the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const width = (text: string) => text.replace(ANSI, '').length
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))))
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const pad = ' '.repeat(widths[column]! - width(cell))
        if (right.includes(column)) return pad + cell
        return column === row.length - 1 ? cell : cell + pad
      })
      .join('  ')
      .trimEnd(),
  )
}

const ANSI = /\u001b\[[0-9;]*m/g
