/**
 * `npm test`: everything, from a clean clone. Prints `N passed, N failed` last.
 * Parts run beside one another as far as they can (docs/adr/0170-parts-of-npm-test-beside-one-another.md); what they print comes one after the other.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, childEnv, ensureBundled, ensureInstalled, NODE, ROOT, run } from './bootstrap.mjs'
import { InOrder } from './in-order.mjs'
import { ensureChromium, ensureTestPrograms } from './test-programs.mjs'

/**
 * Niceness of everything but the build and the journeys, whose pages must not wait: the rest fills what these leave. Lower than the jobs that a console
 * starts, which would starve beside tests that never pause, and with them the tests that wait for them.
 */
const BELOW_JOBS = 15

const startedMs = performance.now()
const reports = mkdtempSync(join(tmpdir(), 'orchive-test-'))
const scratch = memoryFolder()
const scratchEnv = scratch === null ? {} : { TMPDIR: scratch }
const bin = (name) => join(ROOT, 'node_modules', name)
const total = { passed: 0, failed: 0 }
const order = new InOrder()

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

/** A part that starts when what it needs has ended, well or not; it gives how many checks passed and failed. */
async function part(title, needs, work) {
  const { write, end } = order.open(title)
  await Promise.all(needs)
  const partMs = performance.now()
  const counted = await work(write).catch((error) => {
    write(`${error.stack}\n`)
    return { failed: 1 }
  })
  total.passed += counted.passed ?? 0
  total.failed += counted.failed ?? 0
  end(`   ${counted.failed ? `${counted.failed} failed` : 'good'}, ${seconds(partMs)} s`)
  return counted
}

const seconds = (sinceMs) => Math.round((performance.now() - sinceMs) / 1000)

/** A part that is one check: passed when it exits with 0. */
function check(title, needs, script, args) {
  return part(title, needs, async (write) =>
    (await run(NODE, [bin(script), ...args], { write, niceness: BELOW_JOBS })) === 0 ? { passed: 1 } : { failed: 1 },
  )
}

/** A test runner with a JSON report; a run that fails without a failed test (a crash) counts as one failure. */
async function suite(script, args, options, report, count) {
  const code = await run(NODE, [bin(script), ...args], { ...options, env: childEnv({ ...scratchEnv, ...options.env }) })
  let counted = { passed: 0, failed: 0 }
  try {
    counted = count(JSON.parse(readFileSync(report, 'utf8')))
  } catch (error) {
    options.write(`No report: ${error.message}\n`)
  }
  return code !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted
}

/** One of the two projects of vitest.config.ts. */
function unitTests(title, needs, project) {
  const report = join(reports, `${project}.json`)
  return part(title, needs, (write) =>
    suite(
      'vitest/vitest.mjs',
      ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile=${report}`],
      { write, niceness: BELOW_JOBS },
      report,
      ({ numPassedTests, numFailedTests }) => ({ passed: numPassedTests, failed: numFailedTests }),
    ),
  )
}

function journeys(built, programs) {
  const report = join(reports, 'journeys.json')
  return part('Journeys in a browser', [built, programs], async (write) => {
    if ((await built).failed) throw new Error('There is no console to look at: its build failed.')
    const chromium = await ensureChromium(write)
    if (chromium === null) return { failed: 1 }
    const env = { ORCHIVE_CHROMIUM: chromium, PLAYWRIGHT_JSON_OUTPUT_NAME: report }
    return suite('@playwright/test/cli.js', ['test', '--reporter=list,json'], { write, env }, report, ({ stats }) => ({
      passed: stats.expected,
      failed: stats.unexpected + stats.flaky,
    }))
  })
}

const programs = part('Programs that the tests use', [], async (write) => {
  await ensureTestPrograms(write)
  return {}
})
await ensureInstalled()
await ensureBundled()
const core = unitTests('Tests of the core', [programs], 'core')
const lint = check('Lint, format and import rules', [], '@biomejs/biome/bin/biome', ['ci', '--max-diagnostics=50', '.'])
const built = part('The console, built', [], async (write) => ((await build({ write })) ? {} : { failed: 1 }))
// Next writes the types of its own files when it builds.
const types = check('Types', [built], 'typescript/bin/tsc', ['--noEmit', '-p', '.'])
const whole = unitTests('Tests of the whole', [core, built], 'whole')
await Promise.all([lint, types, whole, journeys(built, programs)])

rmSync(reports, { recursive: true, force: true })
if (scratch !== null) rmSync(scratch, { recursive: true, force: true })
console.log(`\n${seconds(startedMs)} s\n${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1)
