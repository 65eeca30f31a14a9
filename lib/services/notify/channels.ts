import { hostname } from 'node:os'
import {
  type ChannelConfig,
  type ChannelRecord,
  deleteChannel,
  findChannel,
  listChannels,
  putChannel,
} from '#db/console/tables/channels.ts'
import { listDeliveries, stateOfChannel } from '#db/console/tables/deliveries.ts'
import { AppError } from '#lib/base/errors.ts'
import { newChannelId } from '#lib/base/ids.ts'
import {
  type Channel,
  MatcherSchema,
  type Notifications,
  type NotifyEvent,
  type SaveChannelInput,
  type TestResult,
} from '#lib/contracts/notify.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { zoneProblem } from '../schedule/due.ts'
import { openSecrets, type Secrets, sealSecrets } from './secret-box.ts'
import { reasonOf } from './send-due.ts'
import { sendEvent } from './send-event.ts'

const SHOWN_DELIVERIES = 30

/** Channels and what was sent lately. The settings of who is told belong to admins. */
export function showNotifications(ctx: ServiceContext): Notifications {
  requireRight(ctx, 'settings')
  return {
    channels: listChannels(ctx.consoleDb).map((channel) => channelOf(ctx, channel)),
    deliveries: listDeliveries(ctx.consoleDb, SHOWN_DELIVERIES),
  }
}

/** A channel without its secrets: of an address only scheme and host are told. */
function channelOf(ctx: ServiceContext, { id, name, kind, config, secrets }: ChannelRecord): Channel {
  const { email, everyMinutes, origin, ...matcher } = config
  const known = secretsOf(ctx, secrets)
  return {
    ...{ id, name, kind, ...matcher, email, everyMinutes },
    target: email === null ? `${origin ?? '-'}/…` : email.to.join(', '),
    hasPassword: known.password !== undefined,
    hasSigningKey: known.signingKey !== undefined,
    ...stateOfChannel(ctx.consoleDb, id),
  }
}

/** Secrets that cannot be opened any more count as not there; sending says why. */
function secretsOf(ctx: ServiceContext, sealed: string): Secrets {
  try {
    return openSecrets(ctx, sealed)
  } catch {
    return {}
  }
}

/** Adds a channel, or changes the one with the given id; secrets that are left out stay. */
export function saveChannel(ctx: ServiceContext, input: SaveChannelInput): Channel {
  requireRight(ctx, 'settings')
  const before = input.id === undefined ? null : requireChannel(ctx, input.id)
  if (before !== null && before.kind !== input.kind) {
    throw new AppError('invalid_input', {
      message: `${before.name} is a channel of kind ${before.kind}.`,
      hint: 'Add another one instead.',
    })
  }
  const zone = input.quiet === null ? null : zoneProblem(input.quiet.timeZone)
  if (zone) throw new AppError('invalid_input', { message: zone, hint: 'Name one as the tz database does, such as `Europe/Berlin`.' })
  const given: Secrets =
    input.kind === 'email'
      ? { password: input.password }
      : input.kind === 'webhook'
        ? { url: input.url, signingKey: input.signingKey }
        : { url: input.url }
  const kept = before === null ? {} : secretsOf(ctx, before.secrets)
  const secrets = { ...kept, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) } as Secrets
  if (input.kind !== 'email' && secrets.url === undefined) {
    throw new AppError('invalid_input', { message: `${input.name} has no address.`, hint: 'Enter the whole address, with https://.' })
  }
  assertPasswordStays(input, before, given)
  const config: ChannelConfig = {
    ...MatcherSchema.parse(input),
    email: input.kind === 'email' ? input.email : null,
    everyMinutes: input.kind === 'ping' ? input.everyMinutes : null,
    origin: secrets.url === undefined ? null : new URL(secrets.url).origin,
  }
  const now = new Date(ctx.clock.nowMs()).toISOString()
  const channel = { id: before?.id ?? newChannelId(), name: input.name, kind: input.kind, config, secrets: sealSecrets(ctx, secrets) }
  putChannel(ctx.consoleDb, channel, now)
  const detail = {
    name: input.name,
    kind: input.kind,
    ...config,
    changedSecrets: Object.keys(given).filter((key) => given[key as keyof Secrets] !== undefined),
  }
  record(ctx, before === null ? 'notify.add' : 'notify.change', { kind: 'channel', id: channel.id }, detail)
  return channelOf(ctx, { ...channel, lastPingAt: before?.lastPingAt ?? null })
}

/** A password that is kept goes only where it went: a changed server could be anybody's. */
function assertPasswordStays(input: SaveChannelInput, before: ChannelRecord | null, given: Secrets): void {
  if (input.kind !== 'email' || !before?.config.email || given.password !== undefined) return
  const { host, port, security } = before.config.email
  const isSame = host === input.email.host && port === input.email.port && security === input.email.security
  if (isSame || input.email.user === null) return
  throw new AppError('invalid_input', {
    message: `The server of ${input.name} changed, and its password is not sent to another one.`,
    hint: 'Enter the password again.',
  })
}

/** Removes a channel; what waited for it is not sent any more. */
export function removeChannel(ctx: ServiceContext, input: { channel: string }): { removed: string } {
  requireRight(ctx, 'settings')
  const { id, name } = requireChannel(ctx, input.channel)
  deleteChannel(ctx.consoleDb, id)
  record(ctx, 'notify.remove', { kind: 'channel', id }, { name })
  return { removed: name }
}

/** Sends a test through a channel right now, and says how it went. */
export async function testChannel(ctx: ServiceContext, input: { channel: string }): Promise<TestResult> {
  requireRight(ctx, 'settings')
  const channel = requireChannel(ctx, input.channel)
  const at = new Date(ctx.clock.nowMs()).toISOString()
  const event: NotifyEvent = {
    ...{ id: `test:${channel.id}:${at}`, type: 'test', severity: 'info', isOver: false, workspaceId: null, workspace: null, path: null },
    ...{ title: `A test of ${channel.name}`, detail: `${ctx.actor.name} asked for it. Nothing is wrong.`, host: hostname(), at },
  }
  const error = await sendEvent(ctx, channel, event).then(
    () => null,
    (failure: unknown) => reasonOf(failure),
  )
  record(ctx, 'notify.test', { kind: 'channel', id: channel.id }, { sent: error === null })
  return { channel: channel.name, sent: error === null, error }
}

function requireChannel(ctx: ServiceContext, idOrName: string): ChannelRecord {
  const channel = findChannel(ctx.consoleDb, idOrName)
  if (channel) return channel
  const names = listChannels(ctx.consoleDb).map(({ name }) => name)
  throw new AppError('invalid_input', {
    message: `There is no channel “${idOrName}”.`,
    hint: names.length === 0 ? 'Add one in Settings, Notifications, or with `orchive notify save`.' : `Known: ${names.join(', ')}.`,
  })
}
