/** The SQL of the newest mark that put an archive `a` into the trash. */
export const FORGET_MARK = `(SELECT m.mark FROM marks m WHERE m.archive = a.archive AND m.mark ->> 'kind' = 'forget' ORDER BY m.seq DESC LIMIT 1)`

/** Who did it, and why. */
export function forgetMark(mark: string | null): { actor: string; reason: string } {
  const { actor = '', reason = '' } = JSON.parse(mark ?? '{}') as { actor?: string; reason?: string }
  return { actor, reason }
}
