import { readFileSync } from 'node:fs'
import { AppError } from '#lib/base/errors.ts'
import { jsonObject } from '#lib/base/json-text.ts'
import { SaveChannelInput } from '#lib/contracts/notify.ts'
import { removeChannel, saveChannel, showNotifications, testChannel } from '#lib/services/notify/channels.ts'
import { raiseEvents } from '#lib/services/notify/raise-events.ts'
import { sendDue } from '#lib/services/notify/send-due.ts'
import { EXIT } from '../exit-codes.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'

/** `notify list` */
export function list({ ctx, out }: Run): void {
  const shown = showNotifications(ctx)
  if (out.isJson) return out.document(shown)
  if (shown.channels.length === 0) return out.line('Nobody is told anything. Add a channel with: orchive notify save FILE')
  const rows = shown.channels.map(({ name, kind, target, minSeverity, events, lastSentAt, lastError }) => [
    name,
    kind,
    target,
    kind === 'ping' ? '-' : `${minSeverity}${events.length === 0 ? '' : `: ${events.join(', ')}`}`,
    lastSentAt === null ? '-' : shortTime(lastSentAt),
    lastError ?? '',
  ])
  out.table(['CHANNEL', 'KIND', 'TO', 'FROM SEVERITY', 'LAST SENT (UTC)', 'ERROR'], rows)
}

/** `notify save FILE` */
export function save({ ctx, out }: Run, args: string[]): void {
  const document = readDocument(args[0]!)
  const before = showNotifications(ctx).channels.find(({ name, id }) => id === document.id || name === document.name)
  const parsed = SaveChannelInput.safeParse({ ...(before ? { id: before.id } : {}), ...document })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new AppError('invalid_input', {
      message: `${args[0]}: ${issue?.path.join('.') || 'the document'}: ${issue?.message}.`,
      hint: 'docs/cli.md shows a document of each kind.',
    })
  }
  const channel = saveChannel(ctx, parsed.data)
  if (out.isJson) return out.document(channel)
  out.said(`${before ? 'Changed' : 'Added'} ${channel.name} (${channel.id}). Try it with: orchive notify test ${channel.id}`)
}

function readDocument(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'))
    const object = jsonObject(value)
    if (object) return object
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new AppError('invalid_input', { message: `${file} is no JSON object.`, hint: 'docs/cli.md shows a document of each kind.' })
}

/** `notify test [CHANNEL]` */
export async function test({ ctx, out }: Run, args: string[]): Promise<number> {
  const names = args[0] === undefined ? showNotifications(ctx).channels.map(({ id }) => id as string) : [args[0]]
  const results = await Promise.all(names.map((channel) => testChannel(ctx, { channel })))
  if (out.isJson) out.document(results)
  else if (results.length === 0) out.line('There is no channel to test.')
  for (const { channel, sent, error } of results) {
    if (sent) out.said(`${channel}: sent.`)
    else if (!out.isJson) out.warn('failed', `${channel}: ${error}`)
  }
  return results.every(({ sent }) => sent) ? EXIT.ok : EXIT.failed
}

/** `notify remove CHANNEL` */
export function remove({ ctx, out }: Run, args: string[]): void {
  const { removed } = removeChannel(ctx, { channel: args[0]! })
  if (out.isJson) return out.document({ type: 'result', removed })
  out.said(`Removed ${removed}.`)
}

/** `notify send` */
export async function send({ ctx, out }: Run): Promise<void> {
  raiseEvents(ctx)
  const sent = await sendDue(ctx)
  if (out.isJson) return out.document({ type: 'result', sent })
  out.said(`Sent ${sent}.`)
}
