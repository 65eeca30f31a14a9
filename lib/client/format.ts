import { formatMoment } from '#lib/base/moment-text.ts'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number) => String(value).padStart(2, '0')

/** `24 Nov 02:00` in UTC; the year only when it is not this one. */
export function formatTime(iso: string, nowMs: number = Date.now()): string {
  return formatMoment(Date.parse(iso), nowMs)
}

/** `Tue 24 Nov`, in UTC. */
export function formatDay(iso: string, nowMs?: number): string {
  const at = new Date(iso)
  const year = at.getUTCFullYear()
  const isOther = nowMs !== undefined && year !== new Date(nowMs).getUTCFullYear()
  return `${DAYS[at.getUTCDay()]} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}${isOther ? ` ${year}` : ''}`
}

/** `02:00` in UTC. */
export function formatClock(iso: string): string {
  const at = new Date(iso)
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
}

/** An age for lists: `just now`, `14 m`, `14 h`, `3 d`. */
export function formatAge(iso: string, nowMs: number): string {
  const minutes = Math.floor((nowMs - Date.parse(iso)) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} m`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}

/** Cuts the middle of a path and keeps the file name. */
export function middleCut(path: string, max = 48): string {
  if (path.length <= max) return path
  const keep = Math.floor((max - 1) / 2)
  return `${path.slice(0, keep)}…${path.slice(-keep)}`
}
