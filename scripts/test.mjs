/** `npm test`: everything, from a clean clone. Prints `N passed, N failed` last. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childEnv, ensureBuilt, ensureBundled, ensureChromium, ensureInstalled, ensureTestPrograms, NODE, ROOT, run } from './bootstrap.mjs'

await ensureInstalled()
await ensureBundled()
ensureTestPrograms()
const chromium = await ensureChromium()
const reports = mkdtempSync(join(tmpdir(), 'orchive-test-'))
const scratch = memoryFolder()
const scratchEnv = scratch === null ? {} : { TMPDIR: scratch }
const bin = (name) => join(ROOT, 'node_modules', name)
const total = { passed: 0, failed: 0 }

/**
 * Where tests make their files: a file system in memory with room enough, where an fsync waits for no disk. Null: the usual folder, also when somebody
 * chose one.
 */
function memoryFolder() {
  const MEMORY = '/dev/shm'
  const ENOUGH_BYTES = 6 * 1024 ** 3
  if (process.env.TMPDIR) return null
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    if (bavail * bsize < ENOUGH_BYTES) return null
    const folder = mkdtempSync(join(MEMORY, 'orchive-test-'))
    // Like any folder for temporary files: some tests run a program as another user.
    chmodSync(folder, 0o1777)
    return folder
  } catch {
    return null
  }
}

/** A step that is one check: passed when it exits with 0. */
async function check(title, script, args) {
  console.log(`\n── ${title}`)
  const code = await run(NODE, [script, ...args])
  if (code === 0) total.passed++
  else total.failed++
}

/** A test runner with a JSON report; a run that fails without a failed test (a crash) counts as one failure. */
async function suite(title, script, args, env, count) {
  console.log(`\n── ${title}`)
  const code = await run(NODE, [script, ...args], { env: childEnv({ ...scratchEnv, ...env }) })
  let counted = { passed: 0, failed: 0 }
  try {
    counted = count()
  } catch (error) {
    console.error(`No report of ${title}: ${error.message}`)
  }
  if (code !== 0 && counted.failed === 0) counted.failed = 1
  total.passed += counted.passed
  total.failed += counted.failed
}

// The build comes first: Next writes the types of its own files then.
await ensureBuilt()
await check('Types', bin('typescript/bin/tsc'), ['--noEmit', '-p', '.'])
await check('Lint, format and import rules', bin('@biomejs/biome/bin/biome'), ['ci', '--max-diagnostics=50', '.'])

const unitReport = join(reports, 'unit.json')
await suite(
  'Unit and contract tests',
  bin('vitest/vitest.mjs'),
  ['run', '--reporter=default', '--reporter=json', `--outputFile=${unitReport}`],
  {},
  () => {
    const report = JSON.parse(readFileSync(unitReport, 'utf8'))
    return { passed: report.numPassedTests, failed: report.numFailedTests }
  },
)

const journeyReport = join(reports, 'journeys.json')
await suite(
  'Journeys in a browser',
  bin('@playwright/test/cli.js'),
  ['test', '--reporter=list,json'],
  { ORCHIVE_CHROMIUM: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: journeyReport },
  () => {
    const { stats } = JSON.parse(readFileSync(journeyReport, 'utf8'))
    return { passed: stats.expected, failed: stats.unexpected + stats.flaky }
  },
)

rmSync(reports, { recursive: true, force: true })
if (scratch !== null) rmSync(scratch, { recursive: true, force: true })
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1)
