import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{lib,prisma-free-db,cli,test,scripts,app,torture}/**/*.test.ts'],
    globalSetup: ['test/s3/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
