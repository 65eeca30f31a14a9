import '@fontsource-variable/inter/index.css'
import '@fontsource-variable/jetbrains-mono/index.css'
import './styles/library.css'
import '@mantine/notifications/styles.css'
import '@mantine/spotlight/styles.css'
import './styles/index.css'
import { ColorSchemeScript, mantineHtmlProps } from '@mantine/core'
import type { Metadata, Viewport } from 'next'
import { headers } from 'next/headers'
import type { ReactNode } from 'react'
import { Providers } from './_components/providers.tsx'

export const metadata: Metadata = {
  title: { default: 'Orchive', template: '%s · Orchive' },
  description: 'Backup and recovery console for agent orchestrator workspaces',
}
export const viewport: Viewport = { width: 'device-width', initialScale: 1 }

/** The document around every page. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get('x-nonce') ?? ''
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        <ColorSchemeScript nonce={nonce} defaultColorScheme="auto" />
      </head>
      <body>
        <Providers nonce={nonce}>{children}</Providers>
      </body>
    </html>
  )
}
