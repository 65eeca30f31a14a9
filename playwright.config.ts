import { defineConfig } from '@playwright/test'

/** Journeys start their own console on a home of their own (e2e/console.ts), so they share nothing and need no web server here. */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  fullyParallel: false,
  workers: 2,
  retries: 0,
  // For what hangs: no journey is judged by how fast the machine is.
  timeout: 360_000,
  expect: { timeout: 120_000 },
  use: {
    locale: 'en-GB',
    timezoneId: 'UTC',
    contextOptions: { reducedMotion: 'reduce' },
    // A trace of every step takes a good part of the time; what failed is told by its error and a picture.
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(process.env.ORCHIVE_CHROMIUM ? { executablePath: process.env.ORCHIVE_CHROMIUM } : {}),
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        '--disable-dev-shm-usage',
      ],
    },
  },
})
