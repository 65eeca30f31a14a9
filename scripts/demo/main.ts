import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../../lib/base/clock.ts'
import { runCommand } from '../../lib/orchestrator/run-command.ts'
import { Daemons, freePort } from '../../test/builders/daemon.ts'
import { runOrchive } from '../../test/builders/run-orchive.ts'
import { advanceDay, makeSampleWorkspace } from '../../test/builders/sample-workspace.ts'
import { ADMIN, startConsole } from '../../test/builders/start-console.ts'

const { values: options } = parseArgs({
  options: { days: { type: 'string', default: '120' }, port: { type: 'string', default: process.env.ORCHIVE_PORT ?? '7878' } },
})
const DAY_MS = 86_400_000
const days = Number(options.days)
const folder = mkdtempSync(join(tmpdir(), 'orchive-demo-'))
const home = join(folder, 'home')
const now = Date.now()
const startMs = new Date(now - days * DAY_MS).setUTCHours(2, 0, 0, 0)

console.log('Making a sample workspace…')
const workspace = makeSampleWorkspace(join(folder, 'orchestrator'), {
  packs: 120,
  logs: 6,
  logMb: 1.5,
  stateRecords: 900,
  shape: 'packs-in-logs',
  nowMs: startMs,
})
const at = (ms: number) => ({ ORCHIVE_TEST: '1', ORCHIVE_NOW: new Date(ms).toISOString() })
const run = async (ms: number, ...argv: string[]) => {
  const done = await runOrchive(home, argv, { env: at(ms) })
  if (done.code !== 0 && done.code !== 3) throw new Error(`orchive ${argv.join(' ')}: ${done.stderr}`)
}
await run(startMs, 'workspace', 'add', workspace.root, '--config', workspace.configPath, '--name', 'orch-demo')

// What a policy of 30 days, 12 weeks and months would have kept: monthly, then weekly, then daily.
const isKept = (age: number, ms: number) => age <= 30 || (age <= 84 && new Date(ms).getUTCDay() === 0) || new Date(ms).getUTCDate() === 1
let taken = 0
for (let day = 0; day <= days; day++) {
  const ms = startMs + day * DAY_MS
  if (ms > now) break
  if (day > 0) advanceDay(workspace)
  if (!isKept(days - day, ms)) continue
  const whole = day === days - 11 ? tearState() : null
  await run(ms, 'backup')
  if (whole) {
    writeFileSync(workspace.statePath, whole)
    await run(ms + 60_000, 'hold', 'latest~1', '--reason', 'Last good before the torn state')
  }
  taken++
  if (process.stdout.isTTY) process.stdout.write(`\r${taken} archives taken…`)
}
await run(now - 3_600_000, 'verify', 'latest')
await run(now - 3_600_000, 'verify', 'latest~1')
await run(now - 3_600_000, 'replica', 'add', 'second-disk', '--folder', join(folder, 'second-disk'))
await run(now - 3_600_000, 'replica', 'sync', 'second-disk')
console.log(`\r${taken} archives taken. `)

/** The accident that the console is for: a state file that ends in the middle of a record. Returns what it was. */
function tearState(): Buffer {
  const whole = readFileSync(workspace.statePath)
  writeFileSync(workspace.statePath, whole.subarray(0, Math.floor(whole.length * 0.6)))
  return whole
}

// It runs on its own, as a service would, and Orchive may stop and start it: restores and runbooks really do.
const daemons = new Daemons(join(folder, 'daemons'))
const port = await freePort()
const health = { url: `http://127.0.0.1:${port}/health`, expect: { status: 'healthy' } }
const runtime = {
  stop: daemons.stop('orchestrator'),
  start: daemons.startOrchestrator('orchestrator', workspace.configPath, port, { stateMs: 2000, logMs: 500, packMs: 15_000 }),
  health,
  stateReads: [`http://127.0.0.1:${port}/api/persistence/health`],
  process: { pidFile: daemons.pidFile('orchestrator') },
}
writeFileSync(join(home, 'orchive.config.json'), JSON.stringify({ workspaces: { 'orch-demo': { runtime } } }, null, 2), { mode: 0o600 })
await runCommand({ workspace: 'orch-demo', verb: 'start', argv: runtime.start, timeoutMs: 20_000, clock: systemClock, env: process.env })

const console_ = await startConsole({ home, port: Number(options.port) })
await console_.signUp()
console.log(`
Orchive demo: ${console_.url}
  sign in     ${ADMIN.email} / ${ADMIN.password}
  workspace   ${workspace.root}
  running     a sample orchestrator, ${health.url}
  try         truncate -s 60% ${workspace.statePath}   … then open the Overview
Ctrl-C ends it and removes everything.`)

await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve))
await console_.stop()
daemons.killAll('orchestrator')
rmSync(folder, { recursive: true, force: true })
process.exit(0)
