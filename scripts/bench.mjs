/** `npm run bench`: Orchive beside the installed peers on one generated workspace, in one run. */
import { join } from 'node:path'
import { ensureBuilt, ensureBundled, ensureInstalled, NODE, ROOT, run } from './bootstrap.mjs'

await ensureInstalled()
await ensureBundled()
if (!process.argv.includes('--no-own') && !process.argv.some((option) => option.startsWith('--steps'))) await ensureBuilt()
process.exit(await run(NODE, [join(ROOT, 'bench/main.ts'), ...process.argv.slice(2)]))
