/**
 * Bundles the command line and the console's web server into `dist/`, so that a short verb does not spend half of its time on finding and stripping two hundred source files.
 * `bin/orchive` runs the bundle while no source is newer, else the sources: a bundle that is missing or old costs time, never correctness.
 * The typed client of the HTTP API is bundled beside it, for `import … from 'orchive/client'`.
 * Run by npm after each install, and by `ensureBundled`.
 */
import { existsSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NODE, ROOT, run } from './bootstrap.mjs'

const DIST = join(ROOT, 'dist')
const ENTRIES = {
  main: 'cli/main.ts',
  'read-worker': 'lib/engine/backup/read-worker.ts',
  'restore-worker': 'lib/engine/restore/restore-worker.ts',
  'sum-worker': 'lib/engine/storage/s3/sum-worker.ts',
  'verify-worker': 'lib/engine/verify/verify-worker.ts',
  'web-server': 'lib/server/web-server.ts',
  'api-thread': 'lib/server/api/api-thread.ts',
  'pages-thread': 'lib/server/pages/pages-thread.ts',
}

// npm runs this on whatever Node it has; the bundler wants the pinned one. By what it is, not by its path: the packages may lie behind a link.
if (existsSync(NODE) && realpathSync(process.execPath) !== realpathSync(NODE))
  process.exit(await run(NODE, [import.meta.filename ?? join(ROOT, 'scripts/bundle-cli.mjs')]))

try {
  const { rolldown } = await import('rolldown')
  const fresh = `${DIST}.${process.pid}`
  const bundle = await rolldown({
    cwd: ROOT,
    input: ENTRIES,
    platform: 'node',
    external: ['better-sqlite3', '@aws-sdk/client-s3', 'ssh2-sftp-client', 'next'],
    logLevel: 'warn',
  })
  // All files side by side: workers are found beside the code that starts them.
  // CommonJS, since an ES module that imports a built-in one reads all its exports, which loads streams, an HTTP client and more.
  await bundle.write({ dir: fresh, format: 'cjs', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' })
  await bundle.close()
  const client = await rolldown({ cwd: ROOT, input: 'lib/client/api.ts', platform: 'neutral', logLevel: 'warn' })
  await client.write({ file: join(fresh, 'client.mjs'), format: 'esm' })
  await client.close()
  writeFileSync(join(fresh, 'package.json'), '{"type":"commonjs"}\n')
  rmSync(DIST, { recursive: true, force: true })
  renameSync(fresh, DIST)
} catch (error) {
  console.error(`The command line was not bundled and runs from its sources, which starts more slowly: ${error.message}`)
}
