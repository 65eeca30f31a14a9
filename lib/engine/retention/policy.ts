/** What a workspace keeps, and what cannot be meant as such. */
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveKind } from '../repository/manifest.ts'
import { ZonedCalendar } from './zone.ts'

/**
 * Windows reach back from the newest archive, not from today: of each day, ISO week, month or year within its window the newest archive stays.
 * 0 = no such rule.
 */
export interface RetentionPolicy {
  /** The newest so many, however close together. */
  keepLast: number
  dailyDays: number
  weeklyWeeks: number
  monthlyMonths: number
  yearlyYears: number
  /** So many days of safety archives, parts and released offload archives, which stand outside the windows. */
  otherDays: number
  /** Kinds that never go. */
  keepKinds: ArchiveKind[]
  /** Archives whose note holds one of these words never go. */
  keepNotes: string[]
}

export const DEFAULT_POLICY: RetentionPolicy = {
  keepLast: 0,
  dailyDays: 30,
  weeklyWeeks: 12,
  monthlyMonths: 12,
  yearlyYears: 0,
  otherDays: 30,
  keepKinds: [],
  keepNotes: [],
}

/** The most that each number may be: a century. */
export const POLICY_LIMITS = {
  keepLast: 10_000,
  dailyDays: 36_500,
  weeklyWeeks: 5_200,
  monthlyMonths: 1_200,
  yearlyYears: 100,
  otherDays: 36_500,
} as const
export type PolicyNumber = keyof typeof POLICY_LIMITS

/** Throws `invalid_input` naming the field of a policy that keeps nothing, or that holds what is no number of periods; or for an unknown zone. */
export function assertPolicy(policy: RetentionPolicy, timeZone: string): void {
  for (const [field, most] of Object.entries(POLICY_LIMITS) as [PolicyNumber, number][]) {
    const value = policy[field]
    if (!Number.isInteger(value) || value < 0 || value > most) {
      throw new AppError('invalid_input', {
        message: `${field} is ${value}; a whole number from 0 to ${most} is expected.`,
        hint: '0 means that there is no such rule.',
        context: { field },
      })
    }
  }
  const { keepLast, dailyDays, weeklyWeeks, monthlyMonths, yearlyYears } = policy
  if (keepLast + dailyDays + weeklyWeeks + monthlyMonths + yearlyYears === 0) {
    throw new AppError('invalid_input', {
      message: 'This policy keeps nothing: every number in it is 0.',
      hint: 'Set at least one of keepLast, dailyDays, weeklyWeeks, monthlyMonths and yearlyYears.',
      context: { field: 'dailyDays' },
    })
  }
  ZonedCalendar.of(timeZone)
}

/** The policy in one line: `30 days, 12 weeks, 12 months`. */
export function policyText({ keepLast, dailyDays, weeklyWeeks, monthlyMonths, yearlyYears }: RetentionPolicy): string {
  const part = (count: number, one: string) => (count === 0 ? [] : [`${count} ${one}${count === 1 ? '' : 's'}`])
  return [
    ...(keepLast === 0 ? [] : [`the last ${keepLast}`]),
    ...part(dailyDays, 'day'),
    ...part(weeklyWeeks, 'week'),
    ...part(monthlyMonths, 'month'),
    ...part(yearlyYears, 'year'),
  ].join(', ')
}
