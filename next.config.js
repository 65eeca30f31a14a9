import { SECURITY_HEADERS } from './lib/server/security-headers.ts'

/** @type {import('next').NextConfig} */
export default {
  serverExternalPackages: ['better-sqlite3', '@aws-sdk/client-s3', 'ssh2-sftp-client'],
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  // `npm test` checks types over the whole repository; a build need not do it again.
  typescript: { ignoreBuildErrors: true },
  experimental: { optimizePackageImports: ['@mantine/core', '@mantine/hooks', '@tabler/icons-react'] },
  // Browsers ask for it where a page names no icon, e.g. on a download.
  rewrites: async () => [{ source: '/favicon.ico', destination: '/icon.svg' }],
  headers: async () => [{ source: '/:path*', headers: SECURITY_HEADERS }],
}
