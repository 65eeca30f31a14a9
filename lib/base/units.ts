const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const

/** Decimal bytes as people read them: `1.9 KB`, `487 MB`, `14.6 GB`; one decimal below 10 and from GB up; null is `-`. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes)) return '-'
  let value = Math.abs(bytes)
  let unit = 0
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const sign = bytes < 0 ? '−' : ''
  const decimals = unit > 0 && (value < 9.95 || unit >= 3) ? 1 : 0
  return `${sign}${value.toFixed(decimals)} ${BYTE_UNITS[unit]}`
}

/** A count with thousands grouped by commas: `4,817`; null is `-`. */
export function formatCount(count: number | null): string {
  // Not toLocaleString: loading its tables costs a short command more than all else that it prints.
  return count === null ? '-' : String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** A duration in at most two units: `< 0.1 s`, `0.4 s`, `3 m 41 s`, `14 h 08 m`, `9 d`; null is `-`. */
export function formatDuration(durationMs: number | null): string {
  if (durationMs === null) return '-'
  const seconds = durationMs / 1000
  if (seconds > 0 && seconds < 0.05) return '< 0.1 s'
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${String(whole % 60).padStart(2, '0')} s`
  if (whole < 48 * 3600) return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} m`
  return `${Math.floor(whole / 86_400)} d`
}

/** A duration that is counted by the minute, in at most two units: `43 m`, `14 h 08 m`, `9 d`; `0 m` until the first is over. */
export const formatMinutes = (durationMs: number): string =>
  durationMs < 3_600_000 ? `${Math.max(0, Math.floor(durationMs / 60_000))} m` : formatDuration(durationMs)

/** An age in one unit as lists show it: `14 h`, `3 d`; over 48 h in days. */
export function formatAge(ageMs: number | null): string {
  if (ageMs === null) return '-'
  const minutes = Math.max(0, Math.floor(ageMs / 60_000))
  if (minutes < 60) return `${minutes} m`
  const hours = Math.floor(minutes / 60)
  return hours <= 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}
