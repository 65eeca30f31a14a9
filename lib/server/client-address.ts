import { getContainer } from '#lib/runtime/container.ts'

/** Where a request came from as far as that can be trusted; null when nothing trusted says so. X-Forwarded-For is what any client can write before a proxy of ours. */
export function clientAddress(sent: Headers): string | null {
  return (getContainer().env.trustsProxy && sent.get('x-forwarded-for')?.split(',').at(-1)?.trim()) || null
}
