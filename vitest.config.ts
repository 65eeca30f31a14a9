import { defineConfig } from 'vitest/config'

/** Rooms without environment or state of a process: their tests share one process a worker, which spares a tenth of their time. */
const CORE = '{lib/{base,client,contracts,engine},prisma-free-db}/**/*.test.ts'

export default defineConfig({
  test: {
    // For what hangs: no test is judged by how fast the machine is.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    // One more than processors where there are two: a third of the time goes by in waiting for processes.
    maxWorkers: 3,
    globalSetup: ['test/s3/global-setup.ts'],
    projects: [
      { extends: true, test: { name: 'core', include: [CORE], isolate: false } },
      {
        extends: true,
        test: { name: 'whole', include: ['{lib,cli,test,scripts,app,torture}/**/*.test.{ts,mjs}'], exclude: [CORE, 'node_modules/**'] },
      },
    ],
  },
})
