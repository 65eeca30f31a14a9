'use client'
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { ApiError } from '#lib/client/api.ts'
import { resolver, theme } from './theme.ts'

/** Loaded when the page is alive; what is to be said before waits for it. */
const Notifications = lazy(() => import('@mantine/notifications').then((library) => ({ default: library.Notifications })))

/** Theme, cache of reads and notifications for every page. */
export function Providers({ nonce, children }: { nonce: string; children: ReactNode }) {
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: {
            staleTime: 5_000,
            retry: (count, error) => count < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
          },
        },
      }),
  )
  return (
    <MantineProvider theme={theme} cssVariablesResolver={resolver} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={client}>
        <Messages />
        {children}
      </QueryClientProvider>
    </MantineProvider>
  )
}

/** Where short messages come up. */
function Messages() {
  const [isAlive, setAlive] = useState(false)
  useEffect(() => setAlive(true), [])
  return <Suspense fallback={null}>{isAlive ? <Notifications position="bottom-right" /> : null}</Suspense>
}
