/** `npm run torture`: harm done at random for so many minutes (docs/adr/0105-torture.md). */
import { join } from 'node:path'
import { ensureBundled, ensureInstalled, NODE, ROOT, run } from './bootstrap.mjs'

await ensureInstalled()
await ensureBundled()
process.exit(await run(NODE, ['--disable-warning=ExperimentalWarning', join(ROOT, 'torture/main.ts'), ...process.argv.slice(2)]))
