import { type Matcher, type NotifyEvent, SEVERITIES } from '#lib/contracts/notify.ts'

const rank = (severity: NotifyEvent['severity']) => SEVERITIES.indexOf(severity)

/** Whether a channel is told of an event. That an alarm is over is told to whoever was told that it began. */
export function matches({ events, minSeverity, workspaceIds }: Matcher, event: NotifyEvent): boolean {
  if (event.type === 'test') return true
  if (events.length > 0 && !events.includes(event.type)) return false
  if (workspaceIds !== null && (event.workspaceId === null || !workspaceIds.includes(event.workspaceId))) return false
  return rank(event.severity) >= rank(minSeverity)
}

/** Until when an event waits because the channel is quiet, in milliseconds; null = it goes out at once. Critical ones never wait. */
export function quietUntil({ quiet }: Matcher, event: NotifyEvent, nowMs: number): number | null {
  if (quiet === null || event.type === 'test' || (event.severity === 'critical' && !event.isOver)) return null
  const [from, to, now] = [minutesOf(quiet.from), minutesOf(quiet.to), localMinutes(nowMs, quiet.timeZone)]
  const isQuiet = from <= to ? now >= from && now < to : now >= from || now < to
  if (!isQuiet) return null
  const leftMinutes = (to - now + 1440) % 1440
  return nowMs - (nowMs % 60_000) + leftMinutes * 60_000
}

const minutesOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))

function localMinutes(ms: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(ms)
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0)
  return part('hour') * 60 + part('minute')
}
