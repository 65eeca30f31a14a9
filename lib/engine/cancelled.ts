import { AppError } from '#lib/base/errors.ts'

/** Throws `cancelled` once the signal is given; called between files, never inside one. */
export function throwIfCancelled(signal: AbortSignal | undefined, context: () => Record<string, unknown> = () => ({})): void {
  if (!signal?.aborted) return
  throw new AppError('cancelled', { message: 'Cancelled.', hint: 'Start it again whenever you like.', context: context() })
}
