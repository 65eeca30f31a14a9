import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listAudit, verifyAuditChain } from '#db/console/tables/audit.ts'
import { listJobs } from '#lib/services/jobs/read-jobs.ts'
import { reconcileJobs } from '#lib/services/jobs/reconcile-jobs.ts'
import { consoleOf } from '#test/builders/console-of.ts'
import { Daemons, freePort } from '#test/builders/daemon.ts'
import { type Bench, type Finished, makeBench, runOrchive, runQuickly } from '#test/builders/run-orchive.ts'
import { makeSampleWorkspace } from '#test/builders/sample-workspace.ts'

let bench: Bench
let daemons: Daemons
let port: number
let root: string
beforeEach(async () => {
  bench = await makeBench({ isQuick: true, packs: 3, logs: 2 })
  daemons = new Daemons(join(bench.folder, 'daemons'))
  port = await freePort()
  root = join(bench.folder, 'new/orchestrator')
})
afterEach(() => {
  daemons.killAll('orch')
  bench.remove()
})

interface Step {
  id: string
  outcome: string
  detail: string
}

const url = (path: string) => `http://127.0.0.1:${port}${path}`

/** Loses the host; there is a new home whose host file says how to start the orchestrator, and what is left of the repository. */
function loseHost(runtime: Record<string, unknown>): { home: string; repository: string } {
  const repository = join(bench.folder, 'vault')
  cpSync(join(bench.home, 'repository'), repository, { recursive: true })
  renameSync(bench.workspace.root, join(bench.folder, 'lost'))
  rmSync(bench.home, { recursive: true })
  const home = join(bench.folder, 'new-home')
  mkdirSync(home, { mode: 0o700 })
  const health = { url: url('/health'), expect: { status: 'healthy' } }
  const host = { workspaces: { sample: { runtime: { health, startTimeoutSeconds: 20, ...runtime } } } }
  writeFileSync(join(home, 'orchive.config.json'), JSON.stringify(host), { mode: 0o600 })
  return { home, repository }
}

/** Loses it, then brings it back. */
async function recover(runtime: Record<string, unknown>): Promise<Finished> {
  await bench.run('backup')
  const { home, repository } = loseHost(runtime)
  return runQuickly(home, ['recover', 'host', '--repository', repository, '--root', root, '--yes', '--json'])
}

const start = () => daemons.startOrchestrator('orch', join(root, 'orchestrator_config.json'), port)
const stop = () => daemons.stop('orch')
/** The steps of a runbook that failed are told before the error. */
const stepsOf = (done: Finished) => done.events.flatMap((event) => (event.type === 'step' ? [event.step as Step] : []))
const from = (steps: readonly Step[], id: string) =>
  steps.slice(steps.findIndex((step) => step.id === id)).map((step) => `${step.id} ${step.outcome}`)

/** The last step names the digest of those before it, and the audit log, whose chain holds, has the same. */
function expectKept(steps: readonly Step[], outcome: 'done' | 'failed'): void {
  const digest = createHash('sha256')
    .update(JSON.stringify(steps.slice(0, -1)))
    .digest('hex')
  expect(steps.at(-1)!.detail).toContain(digest)
  const home = consoleOf(join(bench.folder, 'new-home'))
  try {
    const row = listAudit(home.ctx.consoleDb).rows.find(({ action }) => action === 'runbook.host')
    expect(row?.detail).toMatchObject({ outcome, digest, steps: steps.length - 1 })
    expect(verifyAuditChain(home.ctx.consoleDb).ok).toBe(true)
  } finally {
    home.close()
  }
}

test('a configured orchestrator is rebuilt on the new host, healthy, and its state is read; the report matches its digest', async () => {
  const done = await recover({ start: ['false'], rebuild: start(), stop: stop(), stateReads: [url('/api/persistence/health')] })
  expect([0, 3], done.stdout.slice(-1500)).toContain(done.code)
  const { steps } = done.json as { steps: Step[] }
  expect(from(steps, 'start')).toEqual(['start done', 'health done', 'state done', 'report done'])
  expectKept(steps, 'done')
  expect((await fetch(url('/health'))).ok).toBe(true)
  expect(await (await fetch(url('/api/persistence/health'))).json()).toMatchObject({ path: expect.stringContaining(root) })
})

test('a start command that fails ends the runbook with exit code 1 and a report that says so; the files stay', async () => {
  const done = await recover({ start: ['sh', '-c', 'echo no image >&2; exit 7'], stop: stop() })
  expect(done.code).toBe(1)
  expect(done.json).toMatchObject({ type: 'error', code: 'runtime_command_failed', message: expect.stringContaining('no image') })
  const steps = stepsOf(done)
  expect(from(steps, 'restore')).toEqual(['restore done', 'start failed', 'report done'])
  expectKept(steps, 'failed')
  expect(existsSync(join(root, 'orchestrator_config.json'))).toBe(true)
})

test('a health that never comes ends the runbook with exit code 1 and a report that says so', async () => {
  const done = await recover({ start: ['true'], stop: stop(), startTimeoutSeconds: 1 })
  expect(done.code).toBe(1)
  expect(done.json).toMatchObject({ type: 'error', code: 'runtime_not_healthy' })
  const steps = stepsOf(done)
  expect(from(steps, 'start')).toEqual(['start done', 'health failed', 'report done'])
  expectKept(steps, 'failed')
  expect(JSON.parse(readFileSync(join(root, 'orchestrator_config.json'), 'utf8'))).toBeTypeOf('object')
})

test('all workspaces of a host come back with one command; killed in between, the same command brings back what is missing', async () => {
  const spare = join(bench.folder, 'spare')
  const { configPath } = makeSampleWorkspace(spare, { packs: 1, logs: 1, seed: 7 })
  await bench.run('workspace', 'add', spare, '--name', 'spare', '--config', configPath)
  await bench.run('backup', 'sample')
  await bench.run('backup', 'spare')
  const { home, repository } = loseHost({ start: ['sh', '-c', 'kill -9 "$PPID"'], stop: stop() })
  renameSync(spare, join(bench.folder, 'lost-spare'))
  const asked = ['recover', 'host', '--repository', repository]
  for (const wrong of [
    [],
    ['--all', '--root', spare],
    ['--all', '--workspace', 'spare'],
    ['--all', '--to', 'nowhere'],
    ['--all', '--archive', 'arc_0123'],
  ])
    expect((await runQuickly(home, [...asked, ...wrong, '--yes'])).code, wrong.join(' ')).toBe(2)
  expect((await runQuickly(home, [...asked, '--all', '--digest', 'another', '--yes', '--json'])).json).toMatchObject({ code: 'plan_stale' })
  const dry = await runQuickly(home, [...asked, '--all', '--dry-run'])
  expect(dry.stdout).toMatch(/^sample .*\/ws\nspare .*\/spare\n/m)
  expect(dry.stdout).toContain('2 of 2 workspaces can come back')
  expect((await runQuickly(home, [...asked, '--all'])).code).toBe(2)

  expect((await runOrchive(home, [...asked, '--all', '--yes', '--json'])).code).toBeNull()
  const killed = consoleOf(home)
  try {
    reconcileJobs(killed.ctx)
    const [whole] = listJobs(killed.ctx, { kind: 'recover', outcome: 'interrupted' }).rows.filter(({ workspaceId }) => workspaceId === null)
    expect(whole).toMatchObject({ title: 'Bring 2 workspaces back', error: { hint: expect.stringContaining('Plan the rest') } })
    expect(whole!.result).toMatchObject({
      workspaces: [
        { workspace: 'sample', outcome: 'running' },
        { workspace: 'spare', outcome: 'waiting' },
      ],
    })
  } finally {
    killed.close()
  }
  expect(existsSync(spare)).toBe(false)

  const again = await runQuickly(home, [...asked, '--all', '--yes', '--json'])
  expect([0, 3], again.stdout.slice(-1500)).toContain(again.code)
  expect(again.events.filter(({ type }) => type === 'workspace')).not.toHaveLength(0)
  expect(again.json).toMatchObject({
    ...{ type: 'result', runbook: 'whole-host' },
    workspaces: [
      { workspace: 'sample', outcome: 'here', root: bench.workspace.root },
      { workspace: 'spare', outcome: 'back', areFilesBack: true, isStarted: false },
    ],
  })
  expect(readFileSync(configPath)).toEqual(readFileSync(join(bench.folder, 'lost-spare', 'orchestrator_config.json')))
  expect((await runQuickly(home, [...asked, '--workspace', 'spare', '--workspace', 'sample', '--yes'])).stdout).toContain('Nothing is left')
})
