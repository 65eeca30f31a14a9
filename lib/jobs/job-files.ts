import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JobEvent, JobLogLine } from '#lib/contracts/job.ts'

/** Appends to `jobs/<id>.ndjson`, the record of one job; a record that cannot be written never stops the work. */
export class JobRecorder {
  private readonly path: string

  constructor(folder: string, jobId: string) {
    this.path = join(folder, `${jobId}.ndjson`)
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
    } catch {
      // As below.
    }
  }

  write(event: JobEvent): void {
    try {
      appendFileSync(this.path, `${JSON.stringify(event)}\n`, { mode: 0o600 })
    } catch {
      // A full disk must not fail the job for its log's sake.
    }
  }
}

/** The log lines of a job, oldest first, at most the newest `limit`. */
export function readJobLog(folder: string, jobId: string, limit = 2000): JobLogLine[] {
  let text: string
  try {
    text = readFileSync(join(folder, `${jobId}.ndjson`), 'utf8')
  } catch {
    return []
  }
  const lines: JobLogLine[] = []
  for (const line of text.split('\n')) {
    const event = parseEvent(line)
    if (event?.type === 'log') lines.push({ at: event.at, level: event.level, message: event.message })
  }
  return lines.slice(-limit)
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
