import { expect, test } from 'vitest'
import { DraftSchema, type RetentionPolicy } from '#lib/contracts/retention.ts'
import { DRAFT_FIELDS, draftIn, numberIn } from './retention-draft.ts'

const policy: RetentionPolicy = {
  keepLast: 0,
  dailyDays: 30,
  weeklyWeeks: 12,
  monthlyMonths: 12,
  yearlyYears: 0,
  otherDays: 14,
  keepKinds: [],
  keepNotes: [],
  timeZone: null,
}

test('a page takes as a number of a policy what the API takes, and nothing else', () => {
  for (const rule of DRAFT_FIELDS)
    for (const text of ['0', '7', String(rule.limit), String(rule.limit + 1), '-1', '1.5', '', ' 3', '1e3', '9999999', 'many']) {
      const isTaken = /^\d+$/.test(text) && DraftSchema.safeParse({ [rule.field]: text }).success
      expect([rule.field, text, numberIn(text, rule)]).toEqual([rule.field, text, isTaken ? Number(text) : null])
    }
})

test('a draft in an address is what differs from the policy; what is no number of one counts as not given', () => {
  const draft = draftIn(new URLSearchParams('d=14&w=12&m=-1&y=101&last=3&other=x'), policy)
  expect(draft).toEqual({ dailyDays: 14, keepLast: 3 })
})
