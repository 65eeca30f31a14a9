/** `npm run bench`: Orchive beside the installed peers on one generated workspace, in one run. */
import { join } from 'node:path'
import { ensureBuilt, ensureBundled, ensureInstalled, NODE, ROOT, run } from './bootstrap.mjs'

const options = process.argv.slice(2)
await ensureInstalled()
if (!options.includes('--help')) {
  await ensureBundled()
  if (!options.includes('--no-own') && !options.some((option) => option.startsWith('--steps'))) await ensureBuilt()
}
process.exit(await run(NODE, [join(ROOT, 'bench/main.ts'), ...options]))
