import type { PolicyDraft, RetentionPolicy } from '#lib/contracts/retention.ts'

/** The numbers of a policy as the editor shows them: in the address under `key`. A slider goes up to `most`, a policy to `limit`. */
export const DRAFT_FIELDS = [
  { field: 'dailyDays', key: 'd', label: 'Daily', unit: 'days', most: 90, limit: 36_500, option: '--daily' },
  { field: 'weeklyWeeks', key: 'w', label: 'Weekly', unit: 'weeks', most: 52, limit: 5_200, option: '--weekly' },
  { field: 'monthlyMonths', key: 'm', label: 'Monthly', unit: 'months', most: 36, limit: 1_200, option: '--monthly' },
  { field: 'yearlyYears', key: 'y', label: 'Yearly', unit: 'years', most: 10, limit: 100, option: '--yearly' },
  { field: 'keepLast', key: 'last', label: 'Newest', unit: 'archives', most: 50, limit: 10_000, option: '--keep-last' },
  { field: 'otherDays', key: 'other', label: 'Safety', unit: 'days', most: 90, limit: 36_500, option: '--other' },
] as const satisfies readonly {
  field: keyof PolicyDraft
  key: string
  label: string
  unit: string
  most: number
  limit: number
  option: string
}[]
export type DraftField = (typeof DRAFT_FIELDS)[number]

/** What somebody typed as a number of a policy; null when it is none. */
export function numberIn(text: string, { limit }: DraftField): number | null {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : null
  return value !== null && value <= limit ? value : null
}

/** The draft in an address, without what is as it holds; what is no number of a policy counts as not given. */
export function draftIn(params: URLSearchParams, policy: RetentionPolicy): PolicyDraft {
  const numbers = DRAFT_FIELDS.map((rule) => [rule.field, numberIn(params.get(rule.key) ?? '', rule)] as const)
  return Object.fromEntries(numbers.filter(([field, value]) => value !== null && value !== policy[field]))
}

/** The options that mean a draft on the command line. */
export function draftOptions(draft: PolicyDraft): string[] {
  return DRAFT_FIELDS.flatMap(({ field, option }) => (draft[field] === undefined ? [] : [option, String(draft[field])]))
}

/** A policy in one line: `30 days, 12 weeks, 12 months`. */
export function policyLine(policy: RetentionPolicy): string {
  const parts = [
    policy.keepLast > 0 ? `the newest ${policy.keepLast}` : '',
    ...DRAFT_FIELDS.slice(0, 4).map(({ field, unit }) => {
      const count = policy[field]
      return count === 0 ? '' : `${count} ${count === 1 ? unit.slice(0, -1) : unit}`
    }),
  ]
  return parts.filter(Boolean).join(', ')
}

/** What a proposal changes in the policy: `daily 30 to 14 days`; empty when nothing. */
export function policyChanges(before: RetentionPolicy, after: RetentionPolicy): string[] {
  return DRAFT_FIELDS.flatMap(({ field, label, unit }) =>
    before[field] === after[field] ? [] : [`${label.toLowerCase()} ${before[field]} to ${after[field]} ${unit}`],
  )
}
