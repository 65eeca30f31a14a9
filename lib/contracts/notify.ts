import { z } from 'zod'
import { IsoTime, WorkspaceIdSchema } from './common.ts'

export const ChannelIdSchema = z.templateLiteral(['chn_', z.string().regex(/^[0-9a-f]{16}$/)])
export type ChannelId = z.infer<typeof ChannelIdSchema>

/** How much something matters, least first. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const
export const SeveritySchema = z.enum(SEVERITIES)
export type Severity = z.infer<typeof SeveritySchema>

/** What can be told. */
export const EVENT_TYPES = [
  'overdue',
  'paused',
  'suspect',
  'damaged',
  'no-known-good',
  'replica-behind',
  'replica-failed',
  'replica-tampered',
  'proposal',
  'job-failed',
  'job-warning',
  'job-done',
  'test',
] as const
export const EventTypeSchema = z.enum(EVENT_TYPES)
export type EventType = z.infer<typeof EventTypeSchema>

/** One thing that happened, as a webhook receives it. */
export const NotifyEventSchema = z.object({
  /** The same for every try of the same event. */
  id: z.string(),
  type: EventTypeSchema,
  severity: SeveritySchema,
  /** An alarm that was told before is over. */
  isOver: z.boolean(),
  workspaceId: WorkspaceIdSchema.nullable(),
  workspace: z.string().nullable(),
  /** One sentence. */
  title: z.string(),
  detail: z.string(),
  /** Below the console’s address; null where there is no page. */
  path: z.string().nullable(),
  host: z.string(),
  at: IsoTime,
})
export type NotifyEvent = z.infer<typeof NotifyEventSchema>

export const ChannelKindSchema = z.enum(['email', 'webhook', 'slack', 'ping'])
export type ChannelKind = z.infer<typeof ChannelKindSchema>

const Clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as 22:00 is expected')

/** Which events a channel is told, and when. */
export const MatcherSchema = z.object({
  /** Empty = all. */
  events: z
    .array(EventTypeSchema.exclude(['test']))
    .max(20)
    .default([]),
  minSeverity: SeveritySchema.default('warning'),
  /** Null = all. */
  workspaceIds: z.array(WorkspaceIdSchema).max(500).nullable().default(null),
  /** Local times between which only critical events are sent; the others wait for the end. Null = never quiet. */
  quiet: z
    .object({ from: Clock, to: Clock, timeZone: z.string().min(1).max(80) })
    .nullable()
    .default(null),
})
export type Matcher = z.infer<typeof MatcherSchema>

const Address = z.email().max(320)

/** Where e-mails go through and to whom. */
export const EmailSchema = z.object({
  host: z.string().trim().min(1).max(253),
  port: z.number().int().min(1).max(65_535).default(587),
  security: z.enum(['starttls', 'tls', 'none']).default('starttls'),
  user: z.string().max(320).nullable().default(null),
  from: Address,
  to: z.array(Address).min(1).max(50),
})
export type EmailTarget = z.infer<typeof EmailSchema>

const base = MatcherSchema.extend({
  id: ChannelIdSchema.optional(),
  name: z.string().trim().min(1).max(80),
})
const Url = z.url({ protocol: /^https?$/ }).max(2000)

/** A channel to be saved; with an `id` it is changed, and secrets that are left out stay as they are. */
export const SaveChannelInput = z.discriminatedUnion('kind', [
  base.extend({ kind: z.literal('email'), email: EmailSchema, password: z.string().min(1).max(1000).optional() }),
  base.extend({ kind: z.literal('webhook'), url: Url.optional(), signingKey: z.string().min(16).max(1000).optional() }),
  base.extend({ kind: z.literal('slack'), url: Url.optional() }),
  base.extend({ kind: z.literal('ping'), url: Url.optional(), everyMinutes: z.number().int().min(1).max(1440).default(15) }),
])
export type SaveChannelInput = z.infer<typeof SaveChannelInput>

/** A channel as it may be shown: secrets are only told to be there. */
export const ChannelSchema = MatcherSchema.extend({
  id: ChannelIdSchema,
  name: z.string(),
  kind: ChannelKindSchema,
  /** To whom: addresses, or scheme and host of an address whose rest is a secret. */
  target: z.string(),
  email: EmailSchema.nullable(),
  everyMinutes: z.number().nullable(),
  hasPassword: z.boolean(),
  hasSigningKey: z.boolean(),
  lastSentAt: IsoTime.nullable(),
  /** Why the newest delivery did not arrive; null = it did, or there was none. */
  lastError: z.string().nullable(),
})
export type Channel = z.infer<typeof ChannelSchema>

export const DeliverySchema = z.object({
  id: z.string(),
  channel: z.string(),
  event: NotifyEventSchema,
  status: z.enum(['waiting', 'sent', 'given-up']),
  attempts: z.number().int(),
  nextTryAt: IsoTime.nullable(),
  error: z.string().nullable(),
  createdAt: IsoTime,
  sentAt: IsoTime.nullable(),
})
export type Delivery = z.infer<typeof DeliverySchema>

export const NotificationsSchema = z.object({
  channels: z.array(ChannelSchema),
  /** Newest first. */
  deliveries: z.array(DeliverySchema),
})
export type Notifications = z.infer<typeof NotificationsSchema>

/** How a test went. */
export const TestResultSchema = z.object({ channel: z.string(), sent: z.boolean(), error: z.string().nullable() })
export type TestResult = z.infer<typeof TestResultSchema>
