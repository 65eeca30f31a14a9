import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { requireJob } from '#db/console/tables/jobs.ts'
import { fixedClock } from '#lib/base/clock.ts'
import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import { RestoreResultSchema } from '#lib/contracts/archive.ts'
import { OpenUndoSchema, UndoResultSchema } from '#lib/contracts/restore.ts'
import { readAudit } from '#lib/services/audit/read-audit.ts'
import { getJobLog } from '#lib/services/jobs/read-jobs.ts'
import { setRestoreRules } from '#lib/services/restore/second-person.ts'
import { startUndo } from '#lib/services/restore/start-undo.ts'
import { sweepUndos } from '#lib/services/restore/sweep-undos.ts'
import { listWorkspaces } from '#lib/services/workspaces/change-workspace.ts'
import { consoleOf } from '#test/builders/console-of.ts'
import { expectEqualTrees, noise, readTree } from '#test/builders/random-tree.ts'
import { type Bench, makeBench, ORCHIVE, runOrchive } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'

const DAY_MS = 86_400_000
let bench: Bench
const root = () => bench.workspace.root
const seen = () => readTree(Buffer.from(root())).filter(({ path }) => !path.startsWith('.orchive-restore-'))
const working = () => readdirSync(root()).filter((name) => name.startsWith('.orchive-restore-'))

beforeEach(async () => {
  bench = await makeBench({ isQuick: true })
  await bench.run('backup')
  writeFileSync(bench.workspace.statePath, '{"taskHistory":[{"id":"only-live"}]}')
  rmSync(join(bench.workspace.packsDir, readdirSync(bench.workspace.packsDir)[0]!))
})
afterEach(() => bench.remove())

/** Restores in place; gives the job that undoes it. */
async function restored(): Promise<JobId> {
  const done = await bench.run('restore', 'latest', '--in-place', '--yes', '--json')
  expect(done.code).toBe(0)
  const result = RestoreResultSchema.parse(done.json)
  expect(result.steps.map(({ name }) => name)).toContain('validate')
  return result.undo!
}

test('restore tells its undo; undo --list shows it; undo brings everything back and can be undone', async () => {
  const before = seen()
  const undo = await restored()
  const after = seen()
  const [open] = OpenUndoSchema.array().parse((await bench.run('undo', '--list', '--json')).json)
  expect(open).toMatchObject({ jobId: undo, kind: 'restore', workspace: 'sample' })
  const days = (Date.parse(open!.until) - Date.parse(open!.at)) / DAY_MS
  expect(days).toBeGreaterThan(6.99)
  expect(days).toBeLessThan(7.01)
  const undone = await bench.run('undo', undo.slice(0, 12), '--json')
  expect(undone.code).toBe(0)
  const result = UndoResultSchema.parse(undone.json)
  expect(result).toMatchObject({ undone: undo, movedOn: [], safetyArchiveId: null })
  expectEqualTrees(seen(), before)
  expect((await bench.run('undo', undo)).code).toBe(1)
  expect((await bench.run('undo', result.undo!)).code).toBe(0)
  expectEqualTrees(seen(), after)
})

test('a plan tells the records that would be lost', async () => {
  const plan = (await bench.run('restore', 'latest', '--in-place', '--dry-run', '--json')).json as { losses: { lostRecords: number } }
  expect(plan.losses).toMatchObject({
    lostRecords: 1,
    items: [{ key: 'stateFile', lists: [{ key: 'taskHistory', lost: [{ id: 'only-live' }] }] }],
  })
  expect((await bench.run('restore', 'latest', '--in-place', '--dry-run')).stdout).toContain('1 records of taskHistory only there now')
})

test('a workspace that moved on is named and left alone; --force archives it first and keeps it', async () => {
  const before = seen()
  const undo = await restored()
  writeFileSync(bench.workspace.statePath, '{"taskHistory":[{"id":"newer"}]}')
  const refused = await bench.run('undo', undo, '--json')
  expect(refused.code).toBe(1)
  expect(refused.json).toMatchObject({ code: 'undo_refused', message: expect.stringContaining(`${bench.workspace.statePath} (changed)`) })
  expect(readFileSync(bench.workspace.statePath, 'utf8')).toContain('newer')
  const forced = await bench.run('undo', undo, '--force', '--json')
  expect(forced.code).toBe(0)
  const { safetyArchiveId, quarantinePath } = UndoResultSchema.parse(forced.json)
  expectEqualTrees(seen(), before)
  expect(readFileSync(join(quarantinePath!, 'quarantine/orchestrator_state.json'), 'utf8')).toContain('newer')
  expect((await bench.run('cat', safetyArchiveId!, 'orchestrator_state.json')).stdout).toContain('newer')
})

test('where a second person is asked for, a forced undo at the shell is done and told: in the audit log and in the log of the job', async () => {
  const undo = await restored()
  const home = consoleOf(bench.home)
  const admin = { ...home.ctx, actor: { ...home.ctx.actor, role: 'admin' as const } }
  const alone = () => readAudit(admin, { action: 'restore.break-glass' }).rows.map(({ actor, detail }) => ({ actor, detail }))
  try {
    const workspaceId = listWorkspaces(admin)[0]!.id as WorkspaceId
    setRestoreRules(admin, { workspaceId, secondPerson: true })
    writeFileSync(bench.workspace.statePath, '{"taskHistory":[{"id":"newer"}]}')
    expect((await bench.run('undo', undo)).code, 'what is not forced replaces nothing that somebody made since').toBe(1)
    expect(alone()).toEqual([])

    const { code, json } = await bench.run('undo', undo, '--force', '--json')
    expect(code).toBe(0)
    expect(alone()).toEqual([{ actor: expect.any(String), detail: { what: 'undo', reason: 'At the shell of the host.', jobId: undo } }])
    const { rows } = getJobLog(admin, UndoResultSchema.parse(json).undo!, {})
    expect(rows.map(({ level, message }) => `${level}: ${message}`)).toContainEqual(
      expect.stringMatching(/^warning: sample asks for a second person\. At the shell of the host nobody is asked/),
    )
  } finally {
    home.close()
  }
})

test('an undo whose time is over is gone from the list, refused, and its quarantine goes with the next sweep', async () => {
  const undo = await restored()
  expect(working()).toHaveLength(1)
  const later = { ORCHIVE_TEST: '1', ORCHIVE_NOW: new Date(Date.now() + 8 * DAY_MS).toISOString() }
  expect((await runOrchive(bench.home, ['undo', '--list', '--json'], { env: later })).json).toEqual([])
  const soon = consoleOf(bench.home, fixedClock(Date.now() + 6 * DAY_MS))
  expect(await sweepUndos(soon.ctx)).toEqual({ removed: 0, problems: [] })
  soon.close()
  expect((await runOrchive(bench.home, ['undo', undo, '--json'], { env: later })).json).toMatchObject({ code: 'undo_unknown' })
  expect((await runOrchive(bench.home, ['backup'], { env: later })).code).toBe(0)
  expect(working()).toEqual([])
})

test('the console undoes a restore as a job; over what changed since only with the typed name', async () => {
  const before = seen()
  const undo = await restored()
  const home = consoleOf(bench.home)
  try {
    await expect(startUndo(home.ctx, { jobId: undo, force: true, confirmName: 'other' })).rejects.toThrow('Type sample')
    const { jobId } = await startUndo(home.ctx, { jobId: undo })
    const job = await until('the undo ended', () => {
      const found = requireJob(home.ctx.consoleDb, jobId)
      return found.status === 'finished' && found
    })
    expect(job).toMatchObject({ kind: 'undo', outcome: 'success', workspace: 'sample', actor: 'Ada' })
    expect(UndoResultSchema.parse(job.result).undone).toBe(undo)
    expectEqualTrees(seen(), before)
  } finally {
    home.close()
  }
})

test('a backup that read while an undo replaced something lists nothing', async () => {
  const undo = await restored()
  const listed = () => bench.run('archives', '--json').then(({ json }) => (json as unknown[]).length)
  const repository = join(bench.home, 'repository')
  const isWriting = () => readdirSync(repository, { recursive: true, encoding: 'utf8' }).some((name) => name.includes('tmp-'))
  let backup: ChildProcess
  let exit: Promise<unknown[]>
  let seed = 7
  // One that has ended before it was stopped is no such backup: then the next, of another content.
  do {
    writeFileSync(join(bench.workspace.logsDir, 'big.log'), noise(60_000_000, seed++))
    const started = spawn(ORCHIVE, ['backup', '--home', bench.home], { stdio: 'ignore' })
    backup = started
    exit = once(started, 'exit')
    await until('the backup writes a pack', () => isWriting() || started.exitCode !== null)
  } while (!backup.kill('SIGSTOP'))
  const before = await listed()
  expect((await bench.run('undo', undo)).code).toBe(0)
  backup.kill('SIGCONT')
  expect(await exit).toEqual([11, null])
  expect(await listed()).toBe(before)
})

test.skipIf(process.geteuid?.() !== 0)(
  'without root rights, too, folders that nobody may write are swapped, undone and settled',
  async () => {
    const locked = join(bench.workspace.logsDir, 'locked')
    mkdirSync(locked)
    writeFileSync(join(locked, 'a.log'), 'a')
    chmodSync(locked, 0o555)
    await bench.run('backup')
    chmodSync(locked, 0o755)
    rmSync(locked, { recursive: true })
    const extra = join(bench.workspace.logsDir, 'extra')
    mkdirSync(extra)
    writeFileSync(join(extra, 'b.log'), 'b')
    chmodSync(extra, 0o555)
    execFileSync('chown', ['-R', '65534:65534', bench.folder])
    const asNobody = (...argv: string[]) => runOrchive(bench.home, argv, { uid: 65534, env: { NODE_COMPILE_CACHE: '' } })
    const before = seen()
    const done = await asNobody('restore', 'latest', '--in-place', '--exact', '--yes', '--json')
    expect(done.code, done.stdout).toBe(0)
    expect(statSync(locked).mode & 0o777).toBe(0o555)
    expect(existsSync(extra)).toBe(false)
    const undone = await asNobody('undo', RestoreResultSchema.parse(done.json).undo!, '--json')
    expect(undone.code, undone.stdout).toBe(0)
    expectEqualTrees(seen(), before)
    expect((await asNobody('undo', UndoResultSchema.parse(undone.json).undo!)).code).toBe(0)
    chmodSync(locked, 0o755)
  },
)
