import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ProcessIdentity } from '#db/console/job-record.ts'
import { claimJob, insertJob, requireJob } from '#db/console/tables/jobs.ts'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { systemClock } from '#lib/base/clock.ts'
import { type JobId, newJobId } from '#lib/base/ids.ts'
import { JobRecorder } from '#lib/jobs/job-files.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { holdRepository } from '#test/builders/hold-repository.ts'
import { killed } from '#test/builders/killed.ts'
import { noise } from '#test/builders/random-tree.ts'
import { type Bench, makeBench, ORCHIVE, runOrchive } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'
import { startBackup } from '../archives/start-backup.ts'
import { cancelJob } from './cancel-job.ts'
import { storedIdentity } from './process-of-job.ts'
import { getJobLog, listJobs } from './read-jobs.ts'
import { reconcileJobs } from './reconcile-jobs.ts'

/** So much that a backup of it can be caught while it writes. */
const LASTING_BYTES = 60_000_000

let bench: Bench
let home: ConsoleOf
beforeEach(async () => {
  bench = await makeBench({ isQuick: true })
  home = consoleOf(bench.home)
})
afterEach(() => {
  home.close()
  bench.remove()
})

const workspace = () => listWorkspaces(home.ctx.consoleDb)[0]!
const job = (id: JobId) => requireJob(home.ctx.consoleDb, id)
const newestJob = () => listJobs(home.ctx, { limit: 1 }).rows[0]
const waiting = (id: JobId) => until(`${id} waits for the repository`, () => job(id).waitsFor !== null && job(id).status === 'running')
const ended = (id: JobId) => until(`${id} is finished`, () => job(id).status === 'finished' && job(id))
const listed = async () => ((await bench.run('archives', '--json')).json as { id: string }[]).map(({ id }) => id)
const unfinished = () =>
  readdirSync(join(bench.home, 'repository'), { recursive: true, encoding: 'utf8' }).filter((name) => /(^|\/)(tmp-|locks\/)/.test(name))

/** Runs a verb from a shell, so that the test has its process in hand. */
function fromShell(...argv: string[]): ChildProcess {
  return spawn(ORCHIVE, [...argv, '--home', bench.home], { stdio: 'ignore' })
}

test('a job outlives the process that started it, killed or not', async () => {
  const lease = await holdRepository(workspace().repositoryPath)
  const script = join(bench.folder, 'starter.ts')
  const from = (path: string) => JSON.stringify(join(ORCHIVE, '../..', path))
  writeFileSync(
    script,
    `import { consoleOf } from ${from('test/builders/console-of.ts')}
import { startBackup } from ${from('lib/services/archives/start-backup.ts')}
const { ctx } = consoleOf(${JSON.stringify(bench.home)})
console.log((await startBackup(ctx, { workspaceId: ${JSON.stringify(workspace().id)}, note: 'outlives' })).jobId)
setInterval(() => {}, 1000)
`,
  )
  const starter = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'], cwd: process.cwd() })
  const [printed] = (await once(starter.stdout!, 'data')) as [Buffer]
  const jobId = printed.toString().trim() as JobId
  await waiting(jobId)
  await killed(starter)
  expect(reconcileJobs(home.ctx)).toBe(0)
  await lease.release()
  const done = await ended(jobId)
  expect(done).toMatchObject({ outcome: 'success', actor: 'Ada', error: null })
  expect(await listed()).toEqual([(done.result as { archiveId: string }).archiveId])
})

test('kill -9 in the middle of writing: the console ends the job as interrupted with what to do, and nothing half done is listed', async () => {
  await bench.run('backup')
  const before = await listed()
  writeFileSync(join(bench.workspace.logsDir, 'big.log'), noise(LASTING_BYTES, 7))
  const child = fromShell('backup')
  await until('the job writes a pack', () => unfinished().some((name) => name.includes('tmp-')))
  await killed(child)
  const { id } = newestJob()!
  expect(job(id)).toMatchObject({ status: 'running', outcome: null })

  expect(reconcileJobs(home.ctx)).toBe(1)
  expect(job(id)).toMatchObject({
    status: 'finished',
    outcome: 'interrupted',
    error: {
      message: 'Back up sample was interrupted: its process is gone.',
      hint: 'Nothing was listed half done; earlier archives are as they were. Start it again.',
    },
  })
  expect(await listed()).toEqual(before)
  expect((await bench.run('verify', '--all', '--json')).code).toBe(0)
  expect((await bench.run('backup')).code).toBe(0)
  expect(unfinished()).toEqual([])
  expect(await listed()).toHaveLength(2)
})

test('the console that started a job sees it killed without being asked', async () => {
  const lease = await holdRepository(workspace().repositoryPath)
  const { jobId } = await startBackup(home.ctx, { workspaceId: workspace().id })
  await waiting(jobId)
  process.kill(job(jobId).process!.pid, 'SIGKILL')
  expect(await ended(jobId)).toMatchObject({ outcome: 'interrupted', waitsFor: null })
  await lease.release()
})

test('a job that is cancelled ends as cancelled, gives everything back and lists nothing', async () => {
  writeFileSync(join(bench.workspace.logsDir, 'big.log'), noise(LASTING_BYTES, 7))
  const { jobId } = await startBackup(home.ctx, { workspaceId: workspace().id })
  await until('the job writes a pack', () => unfinished().some((name) => name.includes('tmp-')))
  expect(cancelJob(home.ctx, { jobId }).status).toBe('cancelling')
  expect(await ended(jobId)).toMatchObject({ outcome: 'cancelled', error: null, result: null })
  expect(unfinished()).toEqual([])
  expect(await listed()).toEqual([])
})

test('a job that waits for the repository can be cancelled, too', async () => {
  const lease = await holdRepository(workspace().repositoryPath)
  const { jobId } = await startBackup(home.ctx, { workspaceId: workspace().id })
  await waiting(jobId)
  cancelJob(home.ctx, { jobId })
  expect(await ended(jobId)).toMatchObject({ outcome: 'cancelled', waitsFor: null })
  await lease.release()
  expect(await listed()).toEqual([])
})

test('two writers of one repository: without --wait the second is told who holds it, with --wait it runs after', async () => {
  let first: ChildProcess
  let firstEnded: Promise<unknown[]>
  let seed = 7
  // One that has ended before it was stopped holds nothing: then the next, of another content.
  do {
    writeFileSync(join(bench.workspace.logsDir, 'big.log'), noise(LASTING_BYTES, seed++))
    const started = fromShell('backup')
    first = started
    firstEnded = once(started, 'exit')
    const hasIt = () => existsSync(join(bench.home, 'repository/locks/writer.json'))
    await until('the first has the repository', () => hasIt() || started.exitCode !== null)
  } while (!first.kill('SIGSTOP'))
  const before = (await listed()).length
  const refused = await bench.run('backup', '--json')
  expect(refused.code).toBe(11)
  expect(refused.json).toMatchObject({
    code: 'repository_locked',
    message: expect.stringMatching(new RegExp(`backup of sample \\(pid ${first.pid} on `)),
    hint: expect.stringContaining('--wait'),
  })

  const second = bench.run('backup', '--wait', '60', '--json')
  await until('the second waits', () => newestJob()?.waitsFor?.includes('backup of sample'))
  first.kill('SIGCONT')
  expect(await firstEnded).toEqual([0, null])
  const { code, events, json } = await second
  expect(code).toBe(0)
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'progress', phase: 'waiting', currentPath: expect.stringContaining('sample') }),
  )
  expect(json).toMatchObject({ storedBytes: 0 })
  expect(await listed()).toHaveLength(before + 2)
})

/** A job's row as another process left it. */
function leaveJob(createdAt: string, process: ProcessIdentity | null): JobId {
  const id = newJobId()
  insertJob(home.ctx.consoleDb, {
    id,
    kind: 'restore',
    workspaceId: workspace().id,
    workspace: 'sample',
    title: 'Restore sample in place',
    command: 'orchive restore latest --in-place',
    input: {},
    actor: 'Ada',
    actorId: null,
    createdAt,
  })
  if (process) claimJob(home.ctx.consoleDb, id, { startedAt: createdAt, process })
  return id
}
const ago = (minutes: number) => new Date(systemClock.realNowMs() - minutes * 60_000).toISOString()

test('a job whose process never came is ended after a minute, one that was just queued is left alone', () => {
  const [old, young] = [leaveJob(ago(2), null), leaveJob(ago(0), null)]
  expect(reconcileJobs(home.ctx)).toBe(1)
  expect(job(old)).toMatchObject({ outcome: 'interrupted', error: { hint: expect.stringContaining('orchive settle') } })
  expect(job(young).status).toBe('queued')
})

test('a job of another host is only ended when its record stood still for long; a pid that is somebody else now is no job', () => {
  const own = storedIdentity(process.pid)
  const elsewhere = { ...own, host: 'elsewhere 1' }
  const [alive, silent, fresh, reused] = [
    leaveJob(ago(60), own),
    leaveJob(ago(60), elsewhere),
    leaveJob(ago(5), elsewhere),
    leaveJob(ago(1), { ...own, startTime: '1' }),
  ]
  expect(reconcileJobs(home.ctx)).toBe(2)
  expect([alive, silent, fresh, reused].map((id) => job(id!).status)).toEqual(['running', 'finished', 'running', 'finished'])
})

/** From now on a statement of this kind fails, as on a full disk. */
const failing = (name: string, when: string) =>
  home.ctx.consoleDb.exec(`CREATE TRIGGER ${name} ${when} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)

test('an end that could not be written into the database is made good from the job’s own record', async () => {
  failing('no_end', "BEFORE UPDATE ON jobs WHEN NEW.status = 'finished'")
  // A process of its own: a job is over when its process is gone.
  const done = await runOrchive(bench.home, ['backup', '--json'])
  expect(done.code).toBe(0)
  const { archiveId } = done.json as { archiveId: string }
  const { id } = newestJob()!
  expect(job(id)).toMatchObject({ status: 'running', outcome: null })

  home.ctx.consoleDb.exec('DROP TRIGGER no_end')
  expect(reconcileJobs(home.ctx)).toBe(1)
  expect(job(id)).toMatchObject({ status: 'finished', outcome: 'success', error: null, result: { archiveId } })
  expect(reconcileJobs(home.ctx)).toBe(0)
})

test('an audit log that cannot be written fails no archive that was taken: it is a warning of the job', async () => {
  failing('no_audit', 'BEFORE INSERT ON audit')
  const done = await bench.run('backup', '--json')
  expect(done.code).toBe(0)
  expect(done.events).toContainEqual(
    expect.objectContaining({ type: 'log', level: 'warning', message: expect.stringContaining('audit log') }),
  )
  expect(await listed()).toHaveLength(1)
  expect((await bench.run('verify', '--json')).code).toBe(0)
  expect((await bench.run('catalog', 'rebuild')).code).toBe(0)
})

test('the log of a job is paged from its last line on', async () => {
  const { jobId } = await startBackup(home.ctx, { workspaceId: workspace().id })
  await ended(jobId)
  const before = getJobLog(home.ctx, jobId, { limit: 500 }).rows
  const recorder = new JobRecorder(home.ctx.paths.jobs, jobId)
  for (const n of [1, 2, 3]) recorder.write({ type: 'log', at: '2026-11-24T02:00:00.000Z', level: 'info', message: `line ${n}` })
  const first = getJobLog(home.ctx, jobId, { limit: 2 })
  expect(first.rows.map(({ message }) => message)).toEqual(['line 3', 'line 2'])
  const rest = getJobLog(home.ctx, jobId, { limit: 500, cursor: first.nextCursor ?? undefined })
  expect(rest.rows.map(({ message }) => message)).toEqual(['line 1', ...before.map(({ message }) => message)])
  expect(rest.nextCursor).toBeNull()
})
