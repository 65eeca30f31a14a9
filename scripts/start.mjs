/** `npm start`: from a clean clone to a running console. */
import { join } from 'node:path'
import { childEnv, ensureBuilt, ensureBundled, ensureInstalled, ROOT, run } from './bootstrap.mjs'

await ensureInstalled()
await ensureBundled()
await ensureBuilt()
process.exit(await run(join(ROOT, 'bin/orchive'), ['serve', ...process.argv.slice(2)], { env: childEnv({ NODE_ENV: 'production' }) }))
