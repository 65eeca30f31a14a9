import { AppError } from '#lib/base/errors.ts'

/** A cron expression as sets of numbers; null = every one. Days of the week from 0 = Sunday. */
export interface CronFields {
  seconds: number[]
  minutes: number[] | null
  hours: number[] | null
  days: number[] | null
  months: number[] | null
  weekdays: number[] | null
}

const NICKNAMES: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

/** Reads a valid cron expression; throws `invalid_input` for what other schedulers have no words for (`L`, `W`, `#`, years). */
export function cronFields(schedule: string): CronFields {
  const words = (NICKNAMES[schedule.trim().toLowerCase()] ?? schedule).trim().split(/\s+/)
  if (words.length === 5) words.unshift('0')
  if (words.length !== 6) throw notTranslatable(schedule)
  const [seconds, minutes, hours, days, months, weekdays] = words as [string, string, string, string, string, string]
  const read = (text: string, low: number, high: number, names: string[] = [], first = 0) =>
    numbersOf(schedule, text, low, high, names, first)
  const daysOfWeek = read(weekdays, 0, 7, WEEKDAYS)?.map((day) => day % 7)
  return {
    seconds: read(seconds, 0, 59) ?? Array.from({ length: 60 }, (_, second) => second),
    minutes: read(minutes, 0, 59),
    hours: read(hours, 0, 23),
    days: read(days, 1, 31),
    months: read(months, 1, 12, MONTHS, 1),
    weekdays: daysOfWeek ? [...new Set(daysOfWeek)].sort((a, b) => a - b) : null,
  }
}

function numbersOf(schedule: string, text: string, low: number, high: number, names: string[], first: number): number[] | null {
  if (text === '*' || text === '?') return null
  const found = new Set<number>()
  for (const part of text.split(',')) {
    const match = /^(\*|[A-Za-z]{3}|\d+)(?:-([A-Za-z]{3}|\d+))?(?:\/(\d+))?$/.exec(part)
    if (!match) throw notTranslatable(schedule)
    const [, from, to, step] = match as unknown as [string, string, string | undefined, string | undefined]
    const number = (word: string) => {
      const named = names.indexOf(word.toUpperCase())
      return named === -1 ? Number(word) : named + first
    }
    const start = from === '*' ? low : number(from)
    // A step without an end goes on to the last one there is; Sunday has two numbers, and the second is no day of its own.
    const last = high === 7 ? 6 : high
    const end = to !== undefined ? number(to) : from === '*' || step !== undefined ? last : start
    if (!(start >= low && end <= high && start <= end)) throw notTranslatable(schedule)
    for (let value = start; value <= end; value += Number(step ?? 1) || 1) found.add(value)
  }
  return [...found].sort((a, b) => a - b)
}

function notTranslatable(schedule: string): AppError {
  return new AppError('invalid_input', {
    message: `The schedule “${schedule}” cannot be written for another scheduler: it says more than minutes, hours, days, months and days of the week.`,
    hint: 'Write it with numbers, lists, ranges and steps only, or let the console run it.',
  })
}
