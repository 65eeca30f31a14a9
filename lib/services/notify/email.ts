import { isIP } from 'node:net'
import { createTransport } from 'nodemailer'
import type { EmailTarget, NotifyEvent } from '#lib/contracts/notify.ts'
import { checkedAddress } from './address-guard.ts'

const TIMEOUT_MS = 10_000

/** Sends an event as a plain text e-mail; throws with the reason when the server did not take it. */
export async function sendEmail(
  target: EmailTarget,
  password: string | null,
  event: NotifyEvent,
  allowed: readonly string[],
): Promise<void> {
  const { host, port, security, user, from, to } = target
  const transport = createTransport({
    // The address that was checked, not the name a second time.
    host: await checkedAddress(host, allowed),
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(isIP(host) === 0 ? { tls: { servername: host } } : {}),
    ...(user !== null && password !== null ? { auth: { user, pass: password } } : {}),
    ...{ connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
  try {
    await transport.sendMail({
      from,
      to: [...to],
      subject: `[Orchive${event.workspace === null ? '' : ` ${event.workspace}`}] ${event.title}`.replace(/\s+/g, ' '),
      text: textOf(event),
      // A list of machines, so that nobody's absence note answers it.
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Orchive-Event': event.id },
    })
  } finally {
    transport.close()
  }
}

function textOf({ title, detail, severity, isOver, host, at, path }: NotifyEvent): string {
  const facts = [
    `Severity: ${isOver ? 'over' : severity}`,
    `Host: ${host}`,
    `At: ${at}`,
    ...(path === null ? [] : [`In the console: ${path}`]),
  ]
  return `${[title, ...(detail === '' ? [] : [detail]), facts.join('\n')].join('\n\n')}\n`
}
