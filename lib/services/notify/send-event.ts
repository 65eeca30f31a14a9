import { createHmac } from 'node:crypto'
import type { ChannelRecord } from '#db/console/tables/channels.ts'
import { AppError } from '#lib/base/errors.ts'
import type { NotifyEvent } from '#lib/contracts/notify.ts'
import type { ServiceContext } from '../context.ts'
import { sendEmail } from './email.ts'
import { postHttp } from './post-http.ts'
import { openSecrets } from './secret-box.ts'

/** Sends an event through a channel once; throws with the reason when it did not arrive. */
export async function sendEvent(ctx: ServiceContext, { kind, name, config, secrets }: ChannelRecord, event: NotifyEvent): Promise<void> {
  const { url, signingKey, password } = openSecrets(ctx, secrets)
  const allowed = ctx.notifyAllow
  if (kind === 'email') {
    if (config.email === null) throw incomplete(name)
    return sendEmail(config.email, password ?? null, event, allowed)
  }
  if (url === undefined) throw incomplete(name)
  if (kind === 'ping') return postHttp(url, { body: '', headers: {}, allowed })
  if (kind === 'slack') return postHttp(url, { body: JSON.stringify({ text: slackText(event) }), headers: JSON_TYPE, allowed })
  const body = JSON.stringify(event)
  const headers = {
    ...JSON_TYPE,
    'X-Orchive-Event': event.id,
    ...(signingKey === undefined ? {} : signature(signingKey, body, ctx.clock.realNowMs())),
  }
  return postHttp(url, { body, headers, allowed })
}

const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' }

/** `v1=` and the HMAC-SHA256 of `<timestamp>.<body>`: a receiver checks it, and refuses timestamps that are too old. */
export function signature(key: string, body: string, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000))
  const digest = createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')
  return { 'X-Orchive-Timestamp': timestamp, 'X-Orchive-Signature': `v1=${digest}` }
}

const MARK = { info: '', warning: ':warning: ', critical: ':rotating_light: ' } as const

/** Slack's own escapes; `<` and `>` would make a link or a mention of it. */
function slackText({ severity, isOver, title, detail, host }: NotifyEvent): string {
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const head = `${isOver ? ':white_check_mark: ' : MARK[severity]}*${escaped(title)}* (${escaped(host)})`
  return detail === '' ? head : `${head}\n${escaped(detail)}`
}

function incomplete(name: string): AppError {
  return new AppError('invalid_input', { message: `The channel ${name} has no address.`, hint: 'Enter it in the settings of the channel.' })
}
