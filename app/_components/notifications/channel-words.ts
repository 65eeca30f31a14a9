import type { Channel, ChannelKind, Delivery, EventType, Severity } from '#lib/contracts/notify.ts'

export const KINDS: Record<ChannelKind, string> = {
  email: 'E-mail',
  webhook: 'Webhook, signed',
  slack: 'Slack or compatible',
  ping: 'Dead-man ping',
}

export const EVENTS: Record<Exclude<EventType, 'test'>, string> = {
  overdue: 'A backup is overdue',
  paused: 'Backups are paused, the disk is nearly full',
  suspect: 'The newest archive is suspect',
  damaged: 'A live file is damaged',
  'no-known-good': 'No archive is known to be good',
  'replica-behind': 'Copies at another place are behind',
  'replica-failed': 'Copying to another place fails',
  'replica-tampered': 'Somebody deleted or overwrote copies',
  proposal: 'A proposal waits for a lead',
  'job-failed': 'A job failed',
  'job-warning': 'A job ended with warnings',
  'job-done': 'A job is done',
}

export const SEVERITY_WORDS: Record<Severity, string> = {
  info: 'everything',
  warning: 'warnings and what is critical',
  critical: 'only what is critical',
}

export const STATUS_WORDS: Record<Delivery['status'], { word: string; tone: string }> = {
  sent: { word: 'Sent', tone: 'ok' },
  waiting: { word: 'Waiting', tone: 'q' },
  'given-up': { word: 'Given up', tone: 'bad' },
}

/** What a channel is told, in one sentence. */
export function matcherText({ kind, events, minSeverity, quiet, everyMinutes }: Channel, workspaces: readonly string[] | null): string {
  const whose = workspaces === null ? 'all workspaces' : workspaces.join(', ')
  if (kind === 'ping') return `A ping every ${everyMinutes} min while no backup of ${whose} is overdue or paused.`
  const what =
    events.length === 0
      ? SEVERITY_WORDS[minSeverity]
      : `${events.length} of ${Object.keys(EVENTS).length} events, ${SEVERITY_WORDS[minSeverity]}`
  const when = quiet === null ? '' : ` Quiet ${quiet.from} to ${quiet.to} in ${quiet.timeZone}, but for what is critical.`
  return `Told ${what}, of ${whose}.${when}`
}
