/** `npm run demo`: a throw-away console with a sample workspace, a really running orchestrator and months of archives. */
import { join } from 'node:path'
import { childEnv, ensureBuilt, ensureBundled, ensureInstalled, NODE, ROOT, run } from './bootstrap.mjs'

await ensureInstalled()
await ensureBundled()
await ensureBuilt()
process.exit(await run(NODE, [join(ROOT, 'scripts/demo/main.ts'), ...process.argv.slice(2)], { env: childEnv({ NODE_ENV: 'production' }) }))
