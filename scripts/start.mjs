/** `npm start`: from a clean clone to a running console. */
import { join } from 'node:path'
import { childEnv, ensureBuilt, ensureInstalled, NODE, ROOT, run } from './bootstrap.mjs'

await ensureInstalled()
await ensureBuilt()
process.exit(await run(NODE, [join(ROOT, 'cli/main.ts'), 'serve', ...process.argv.slice(2)], { env: childEnv({ NODE_ENV: 'production' }) }))
