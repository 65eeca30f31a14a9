import type { RestoreAction } from '#lib/contracts/archive.ts'

/** What becomes of a path. */
export const WORDS: Record<RestoreAction, string> = {
  create: 'Created',
  overwrite: 'Replaced',
  same: 'Same, untouched',
  attributes: 'Only attributes set',
  skip: 'Kept as it is',
  conflict: 'In the way',
  extra: 'Not in the archive, stays',
  quarantine: 'Moved away',
}
/** Of those that a plan changes something by. */
export const TONE: Partial<Record<RestoreAction, string>> = { create: 'add', overwrite: 'chg', conflict: 'bad', quarantine: 'del' }
