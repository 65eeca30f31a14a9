const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number) => String(value).padStart(2, '0')

/** A moment in UTC as people read it: `24 Nov 02:00`; with the year only when it is not the one of `nowMs`. */
export function formatMoment(ms: number, nowMs: number): string {
  const at = new Date(ms)
  const year = at.getUTCFullYear() === new Date(nowMs).getUTCFullYear() ? '' : ` ${at.getUTCFullYear()}`
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}${year} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
}
