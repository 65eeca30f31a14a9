import type { Channel, ChannelKind, EventType, SaveChannelInput, Severity } from '#lib/contracts/notify.ts'

/** The form of a channel; texts as they are typed. Secrets are empty unless they are entered anew. */
export interface ChannelDraft {
  id: Channel['id'] | null
  kind: ChannelKind
  name: string
  url: string
  signingKey: string
  host: string
  port: string
  security: 'starttls' | 'tls' | 'none'
  user: string
  password: string
  from: string
  to: string
  everyMinutes: string
  events: Exclude<EventType, 'test'>[]
  minSeverity: Severity
  workspaceIds: `ws_${string}`[] | null
  isQuiet: boolean
  quietFrom: string
  quietTo: string
  quietZone: string
}

/** A channel as the form shows it; null = a new one of that kind. */
export function draftOfChannel(channel: Channel | null, kind: ChannelKind, timeZone: string): ChannelDraft {
  const email = channel?.email
  return {
    id: channel?.id ?? null,
    kind: channel?.kind ?? kind,
    name: channel?.name ?? '',
    ...{ url: '', signingKey: '', password: '' },
    host: email?.host ?? '',
    port: String(email?.port ?? 587),
    security: email?.security ?? 'starttls',
    user: email?.user ?? '',
    from: email?.from ?? '',
    to: email?.to.join(', ') ?? '',
    everyMinutes: String(channel?.everyMinutes ?? 15),
    events: (channel?.events ?? []) as ChannelDraft['events'],
    minSeverity: channel?.minSeverity ?? 'warning',
    workspaceIds: (channel?.workspaceIds ?? null) as ChannelDraft['workspaceIds'],
    isQuiet: channel?.quiet != null,
    quietFrom: channel?.quiet?.from ?? '22:00',
    quietTo: channel?.quiet?.to ?? '07:00',
    quietZone: channel?.quiet?.timeZone ?? timeZone,
  }
}

/** What is sent to be saved. */
export function inputOfDraft(draft: ChannelDraft): SaveChannelInput {
  const { id, kind, name, events, minSeverity, workspaceIds } = draft
  const quiet = draft.isQuiet ? { from: draft.quietFrom, to: draft.quietTo, timeZone: draft.quietZone.trim() } : null
  const base = { ...(id === null ? {} : { id }), name: name.trim(), events, minSeverity, workspaceIds, quiet }
  const url = draft.url.trim() === '' ? {} : { url: draft.url.trim() }
  if (kind === 'ping') return { ...base, kind, ...url, everyMinutes: Number(draft.everyMinutes) }
  if (kind === 'slack') return { ...base, kind, ...url }
  if (kind === 'webhook') return { ...base, kind, ...url, ...(draft.signingKey === '' ? {} : { signingKey: draft.signingKey }) }
  const to = draft.to.split(/[\s,;]+/).filter((address) => address !== '')
  const email = {
    host: draft.host.trim(),
    port: Number(draft.port),
    security: draft.security,
    user: draft.user.trim() || null,
    from: draft.from.trim(),
    to,
  }
  return { ...base, kind, email, ...(draft.password === '' ? {} : { password: draft.password }) }
}
