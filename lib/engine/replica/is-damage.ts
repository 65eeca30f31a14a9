import { type ErrorCode, isAppError } from '#lib/base/errors.ts'

const DAMAGE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'object_missing',
  'archive_unknown',
  'frame_missing',
  'frame_damaged',
  'repository_damaged',
])

/** Whether an error says that something is not there or not whole. A place that cannot be reached says nothing of the kind. */
export const isDamage = (error: unknown): boolean => isAppError(error) && DAMAGE.has(error.code)

/** Null for what is not there or not whole; throws everything else. */
export function nullIfDamage(error: unknown): null {
  if (isDamage(error)) return null
  throw error
}
