import { DraftSchema, type PolicyDraft, type RetentionPolicy } from '#lib/contracts/retention.ts'

/** The numbers of a policy as the editor shows them: in the address under `key`. */
export const DRAFT_FIELDS = [
  { field: 'dailyDays', key: 'd', label: 'Daily', unit: 'days', most: 90, option: '--daily' },
  { field: 'weeklyWeeks', key: 'w', label: 'Weekly', unit: 'weeks', most: 52, option: '--weekly' },
  { field: 'monthlyMonths', key: 'm', label: 'Monthly', unit: 'months', most: 36, option: '--monthly' },
  { field: 'yearlyYears', key: 'y', label: 'Yearly', unit: 'years', most: 10, option: '--yearly' },
  { field: 'keepLast', key: 'last', label: 'Newest', unit: 'archives', most: 50, option: '--keep-last' },
  { field: 'otherDays', key: 'other', label: 'Safety', unit: 'days', most: 90, option: '--other' },
] as const satisfies readonly { field: keyof PolicyDraft; key: string; label: string; unit: string; most: number; option: string }[]
export type DraftField = (typeof DRAFT_FIELDS)[number]

/** The draft in an address, without what is as it holds; what makes no sense there counts as not given. */
export function draftIn(params: URLSearchParams, policy: RetentionPolicy): PolicyDraft {
  const given = DRAFT_FIELDS.flatMap(({ field, key }) => (params.get(key) ? [[field, params.get(key)] as const] : []))
  const parsed = DraftSchema.safeParse(Object.fromEntries(given))
  if (!parsed.success) return {}
  return Object.fromEntries(Object.entries(parsed.data).filter(([field, value]) => value !== policy[field as keyof RetentionPolicy]))
}

/** The options that mean a draft on the command line. */
export function draftOptions(draft: PolicyDraft): string {
  return DRAFT_FIELDS.flatMap(({ field, option }) => (draft[field] === undefined ? [] : [` ${option} ${draft[field]}`])).join('')
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
