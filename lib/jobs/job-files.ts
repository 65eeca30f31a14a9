import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '#lib/contracts/common.ts'
import type { JobEvent, JobLogLine, JobOutcome } from '#lib/contracts/job.ts'
import { attempt } from './attempt.ts'

/** How a job ended, as its own process says it in `jobs/<id>.result`. */
export interface JobEnding {
  outcome: JobOutcome
  finishedAt: string
  findings: Finding[]
  result: unknown
  error: { code: string; message: string; hint: string } | null
}

/**
 * The record of one job beside the database: `jobs/<id>.ndjson` as it goes, `jobs/<id>.result` at its end. The end is written before the row
 * that says so: a console that finds the process gone reads it before it calls the job interrupted. A record that cannot be written never
 * stops the work.
 */
export class JobRecorder {
  private readonly folder: string
  private readonly jobId: string
  private readonly guarded: (work: () => void) => void

  /** `write` does what it is given, and may make room for it on a full disk. */
  constructor(folder: string, jobId: string, write: (work: () => void) => void = (work) => work()) {
    this.folder = folder
    this.jobId = jobId
    this.guarded = write
    attempt(() => mkdirSync(folder, { recursive: true, mode: 0o700 }))
  }

  /** Appends one event. */
  write(event: JobEvent): void {
    attempt(() => appendFileSync(pathOf(this.folder, this.jobId, 'ndjson'), `${JSON.stringify(event)}\n`, { mode: 0o600 }))
  }

  /** Writes the end, whole or not at all. */
  end(ending: JobEnding): void {
    const path = pathOf(this.folder, this.jobId, 'result')
    const write = () => {
      writeFileSync(`${path}.part`, `${JSON.stringify(ending)}\n`, { mode: 0o600 })
      renameSync(`${path}.part`, path)
    }
    attempt(() => this.guarded(write))
  }
}

/** How a job said that it ended; null when it never came to that. */
export function readJobEnding(folder: string, jobId: string): JobEnding | null {
  try {
    return JSON.parse(readFileSync(pathOf(folder, jobId, 'result'), 'utf8')) as JobEnding
  } catch {
    return null
  }
}

/** The log lines of a job, oldest first. */
export function readJobLog(folder: string, jobId: string): JobLogLine[] {
  let text: string
  try {
    text = readFileSync(pathOf(folder, jobId, 'ndjson'), 'utf8')
  } catch {
    return []
  }
  const lines: JobLogLine[] = []
  for (const line of text.split('\n')) {
    const event = parseEvent(line)
    if (event?.type === 'log') lines.push({ at: event.at, level: event.level, message: event.message })
  }
  return lines
}

/** The last line of a killed job may be cut short. */
function parseEvent(line: string): JobEvent | null {
  if (line === '') return null
  try {
    return JSON.parse(line) as JobEvent
  } catch {
    return null
  }
}

const pathOf = (folder: string, jobId: string, ending: 'ndjson' | 'result') =>
  // The build of the console would otherwise take the folder for one of its own sources.
  join(/*turbopackIgnore: true*/ folder, `${jobId}.${ending}`)
