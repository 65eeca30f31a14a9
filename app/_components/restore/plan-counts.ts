import type { RestoreAction, RestorePlan } from '#lib/contracts/archive.ts'

interface Counted {
  counts: Partial<Record<RestoreAction, number>>
}

/** How often an action is in a plan, or in one of its items. */
export const countOf = ({ counts }: Counted, action: RestoreAction): number => counts[action] ?? 0

/** How many paths a plan changes. */
export const changesOf = (one: Counted): number =>
  countOf(one, 'create') + countOf(one, 'overwrite') + countOf(one, 'attributes') + countOf(one, 'quarantine')

/** Problems that have to be solved before a plan can be carried out. */
export const blockingOf = (plan: RestorePlan): number => plan.problems.filter((problem) => problem.severity === 'error').length

/** Whether there is too little room for what it writes. */
export const isTooLarge = (plan: RestorePlan): boolean => plan.freeBytes !== null && plan.freeBytes < plan.bytesToWrite

/** Why a plan cannot be carried out, whoever asks; undefined when it can. */
export function whyNot(plan: RestorePlan): string | undefined {
  if (isTooLarge(plan) || blockingOf(plan) > 0) return 'The problems come first'
  return changesOf(plan) === 0 ? 'Nothing differs' : undefined
}

/** Items that get other content; where there are none, those of which anything changes. */
export function touchedItems({ items }: RestorePlan): number {
  const written = items.filter((item) => changesOf(item) > countOf(item, 'attributes')).length
  return written || items.filter((item) => changesOf(item) > 0).length
}
