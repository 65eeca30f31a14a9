/** `npm run dev`: the console with hot reload. */
import { join } from 'node:path'
import { childEnv, ensureInstalled, NODE, ROOT, run } from './bootstrap.mjs'

await ensureInstalled()
process.exit(
  await run(NODE, [join(ROOT, 'cli/main.ts'), 'serve', '--dev', ...process.argv.slice(2)], { env: childEnv({ NODE_ENV: 'development' }) }),
)
