import { type NextRequest, NextResponse } from 'next/server'

/** Security headers of every page: a policy with a nonce for scripts, no framing, no sniffing, no referrer. */
export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID())
  const development = process.env.NODE_ENV === 'development'
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    // Mantine and the virtual lists set style attributes; scripts are what the nonce is for.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self'${development ? ' ws:' : ''}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
  const headers = new Headers(request.headers)
  headers.set('x-nonce', nonce)
  headers.set('content-security-policy', policy)
  // So that whoever has to sign in first comes back to it.
  headers.set('x-page', pageOf(request))
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('Content-Security-Policy', policy)
  return response
}

function pageOf({ nextUrl: { pathname, searchParams } }: NextRequest): string {
  const query = new URLSearchParams(searchParams)
  query.delete('_rsc')
  return query.size === 0 ? pathname : `${pathname}?${query}`
}

export const config = {
  matcher: [
    { source: '/((?!api|_next/static|_next/image|favicon.ico|icon.svg).*)', missing: [{ type: 'header', key: 'next-router-prefetch' }] },
  ],
}
