import { AppError } from '#lib/base/errors.ts'
import { isJobId, type JobId } from '#lib/base/ids.ts'
import { parseMapText } from '#lib/base/map-text.ts'
import type { Run } from './program.ts'

/** `--wait SECONDS` in milliseconds; 0 when it was not given. */
export function waitMsOf(options: Record<string, unknown>): number {
  if (options.wait === undefined) return 0
  return wholeNumber('--wait', options.wait) * 1000
}

/** A whole number from 0; throws `usage` naming the option. */
export function wholeNumber(option: string, value: unknown): number {
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= 0 && String(value).trim() !== '') return number
  throw new AppError('usage', { message: `${option} is “${String(value)}”; a whole number from 0 is expected.` })
}

/** `--map FROM=TO`; throws `usage` for what is none. */
export function pathMap(text: string): { from: string; to: string } {
  const map = parseMapText(text)
  if (map) return map
  throw new AppError('usage', { message: `--map ${text} cannot be read.`, hint: 'Write --map /workspace=/opt/orchestrator.' })
}

/** The job row that the console made for this run; null from a shell. */
export function jobIdOf(options: Record<string, unknown>): JobId | null {
  return options.job === undefined ? null : jobIdFrom(String(options.job))
}

/** What a job that a verb runs is given of its run; how long it queues is `waitMsOf`. */
export const jobOf = ({ command, signal, out }: Pick<Run, 'command' | 'signal' | 'out'>, options: Record<string, unknown>) => ({
  jobId: jobIdOf(options),
  command,
  signal,
  onEvent: out.event,
})

/** A job by its id; throws `usage`. */
export function jobIdFrom(text: string): JobId {
  if (isJobId(text)) return text
  throw new AppError('usage', { message: `“${text}” is no job id.`, hint: 'It begins with job_, and stands in what the job printed last.' })
}

const UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/** A size as people write it, `5GB` or `512 MiB`, in bytes; throws `usage`. */
export function parseBytes(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? []
  const bytes = Number(number) * (UNITS[unit?.toLowerCase() ?? ''] ?? Number.NaN)
  if (Number.isSafeInteger(Math.round(bytes))) return Math.round(bytes)
  throw new AppError('usage', { message: `“${text}” is no size; something like 5GB or 512MiB is expected.` })
}
