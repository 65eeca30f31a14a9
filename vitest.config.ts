import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{lib,prisma-free-db,cli,test,scripts,app,torture}/**/*.test.ts'],
    globalSetup: ['test/s3/global-setup.ts'],
    // For what hangs: no test is judged by how fast the machine is.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    // One more than processors where there are two: a third of the time goes by in waiting for processes.
    maxWorkers: 3,
  },
})
