import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{lib,prisma-free-db,cli,test,scripts,app,torture}/**/*.test.ts'],
    globalSetup: ['test/s3/global-setup.ts'],
    // For what hangs: no test is judged by how fast the machine is.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
