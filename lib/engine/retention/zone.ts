/**
 * The calendar of a time zone, for windows and periods. A wall time that does not exist (clocks go forward) is taken as that much later, one that
 * exists twice (clocks go back) as the first of the two. Dates that do not exist move on, as in Go's `AddDate`: a month before 31 March is 3 March.
 */
import { AppError } from '#lib/base/errors.ts'

const DAY_MS = 86_400_000
/** Zones change their offset at quarters of an hour. */
const QUARTER_MS = 900_000
const MOST_KNOWN = 32
/** Kept at once: more than a century. */
const MOST_DAYS = 50_000

/** Numbers of the periods that a moment lies in; each counts up by one from period to period. */
export interface Periods {
  day: number
  /** ISO week: from Monday. */
  week: number
  month: number
  year: number
}

export class ZonedCalendar {
  readonly timeZone: string
  private readonly format: Intl.DateTimeFormat
  /** By day of UTC; null = it changes within that day. */
  private readonly days = new Map<number, number | null>()
  private readonly offsets = new Map<number, number>()

  /** The calendar of a zone, kept between plans: asking for offsets is most of their work. Throws `invalid_input` for an unknown zone. */
  static of(timeZone: string): ZonedCalendar {
    let calendar = known.get(timeZone)
    if (!calendar) {
      calendar = new ZonedCalendar(timeZone)
      if (known.size >= MOST_KNOWN) known.clear()
      known.set(timeZone, calendar)
    }
    return calendar
  }

  private constructor(timeZone: string) {
    this.timeZone = timeZone
    try {
      // The Swedish locale writes `2026-11-24 02:00:00`.
      this.format = new Intl.DateTimeFormat('sv-SE', {
        timeZone,
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
      })
    } catch (cause) {
      throw new AppError('invalid_input', {
        message: `There is no time zone ${timeZone}.`,
        hint: 'Use a name such as Europe/Berlin or UTC.',
        cause,
      })
    }
  }

  periodsOf(ms: number): Periods {
    const wall = this.wallOf(ms)
    const day = Math.floor(wall / DAY_MS)
    const date = new Date(wall)
    const year = date.getUTCFullYear()
    // 1 January 1970 was a Thursday.
    return { day, week: Math.floor((day + 3) / 7), month: year * 12 + date.getUTCMonth(), year }
  }

  /** The moment whose wall time lies so many years, months and days after that of `ms`; negative for before. */
  add(ms: number, { years = 0, months = 0, days = 0 }: { years?: number; months?: number; days?: number }): number {
    const wall = this.wallOf(ms)
    const date = new Date(wall)
    const midnight = Date.UTC(date.getUTCFullYear() + years, date.getUTCMonth() + months, date.getUTCDate() + days)
    return this.instantOf(midnight + (wall - Math.floor(wall / DAY_MS) * DAY_MS))
  }

  /** The ISO date of a moment, `2026-11-24`. */
  dateOf(ms: number): string {
    return new Date(this.wallOf(ms)).toISOString().slice(0, 10)
  }

  /** The days from the one of `fromMs` to the one of `toMs`, each from its first moment until before the next day's. */
  daysBetween(fromMs: number, toMs: number): { date: string; fromMs: number; toMs: number }[] {
    const dayOf = (ms: number) => Math.floor(this.wallOf(ms) / DAY_MS)
    const [first, last] = [dayOf(fromMs), dayOf(toMs)]
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => ({
      date: new Date((first + n) * DAY_MS).toISOString().slice(0, 10),
      fromMs: this.instantOf((first + n) * DAY_MS),
      toMs: this.instantOf((first + n + 1) * DAY_MS),
    }))
  }

  private wallOf(ms: number): number {
    return ms + this.offsetAt(ms)
  }

  /** The moment at which clocks of the zone show a wall time, given as if it were UTC; in an hour that comes twice, the first. */
  instantOf(wall: number): number {
    const before = this.offsetAt(wall - DAY_MS)
    const after = this.offsetAt(wall + DAY_MS)
    if (before === after || this.offsetAt(wall - before) === before) return wall - before
    return this.offsetAt(wall - after) === after ? wall - after : wall - before
  }

  /** A zone that has the same offset at both ends of a day of UTC has it all day: none changes twice within one. */
  private offsetAt(ms: number): number {
    if (this.timeZone === 'UTC') return 0
    const day = Math.floor(ms / DAY_MS)
    let offset = this.days.get(day)
    if (offset === undefined) {
      const atStart = this.readOffset(day * DAY_MS)
      offset = this.readOffset((day + 1) * DAY_MS) === atStart ? atStart : null
      if (this.days.size >= MOST_DAYS) this.days.clear()
      this.days.set(day, offset)
    }
    return offset ?? this.readOffset(Math.floor(ms / QUARTER_MS) * QUARTER_MS)
  }

  /** At a quarter of an hour, asked of the system once. */
  private readOffset(at: number): number {
    let offset = this.offsets.get(at)
    if (offset === undefined) {
      offset = Date.parse(`${this.format.format(at).replace(' ', 'T')}Z`) - at
      if (this.offsets.size >= MOST_DAYS) this.offsets.clear()
      this.offsets.set(at, offset)
    }
    return offset
  }
}

const known = new Map<string, ZonedCalendar>()
