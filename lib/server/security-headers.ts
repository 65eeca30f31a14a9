import type { ServerResponse } from 'node:http'

/** What every answer of the console carries, whoever makes it: Next its pages, the web server the API. */
export const SECURITY_HEADERS = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Referrer-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Resource-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=()' },
]

/** Gives an answer that the web server makes what every answer carries. */
export function setSecurityHeaders(outgoing: ServerResponse): void {
  for (const { key, value } of SECURITY_HEADERS) outgoing.setHeader(key, value)
}
