import type { ReplicaOptions } from '#lib/contracts/replica.ts'

/** How fast a replica may transfer at a moment, by the hours of its workspace's zone; null = as fast as it goes. The first hours that fit count. */
export function speedAt(
  { bytesPerSecond, hours }: Pick<ReplicaOptions, 'bytesPerSecond' | 'hours'>,
  timeZone: string,
  nowMs: number,
): number | null {
  if (hours.length === 0) return bytesPerSecond
  const now = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(nowMs)
  const fitting = hours.find(({ from, to }) => (from <= to ? now >= from && now < to : now >= from || now < to))
  return fitting ? fitting.bytesPerSecond : bytesPerSecond
}
