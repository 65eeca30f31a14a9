import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listAudit } from '#db/console/tables/audit.ts'
import { requireJob } from '#db/console/tables/jobs.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { Role } from '#lib/contracts/rights.ts'
import { WholeHostRequestSchema, type WholeHostResult } from '#lib/contracts/whole-host.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { makeSampleWorkspace } from '#test/builders/sample-workspace.ts'
import type { ServiceContext } from '../context.ts'
import { chooseArchive } from './choose-archive.ts'
import { planWholeHost, type WholeHostInput } from './plan-whole-host.ts'
import { recoverWholeHost } from './recover-whole-host.ts'
import { assertRoom } from './room.ts'
import { startRecoverWholeHost, wholeHostArguments } from './start-recover-whole-host.ts'

const ALL: WholeHostInput = { workspaces: [], roots: [], archive: null, maps: [], rewriteConfig: false, leaveOut: [] }
const NAMES = ['alpha', 'beta', 'gamma'] as const
type Name = (typeof NAMES)[number]

let bench: Bench
let home: ConsoleOf
let vault: string
const rootOf = (name: Name) => join(bench.folder, 'opt', name)
const lost = (name: Name) => join(bench.folder, 'lost', name)

/** Three workspaces in one repository; then their host is gone, and a new home knows nothing. */
beforeEach(async () => {
  bench = await makeBench({ isQuick: true, isRegistered: false, packs: 1, logs: 1, stateRecords: 2 })
  for (const [seed, name] of NAMES.entries()) {
    const { configPath } = makeSampleWorkspace(rootOf(name), { packs: 2, logs: 1, stateRecords: 3, seed })
    const added = await bench.run('workspace', 'add', rootOf(name), '--name', name, '--config', configPath)
    expect(added.code, added.stderr).toBe(0)
    await bench.run('backup', name)
  }
  vault = join(bench.folder, 'vault')
  cpSync(join(bench.home, 'repository'), vault, { recursive: true })
  renameSync(join(bench.folder, 'opt'), join(bench.folder, 'lost'))
  home = consoleOf(join(bench.folder, 'new-home'))
})
afterEach(() => {
  home.close()
  bench.remove()
})

const as = (role: Role): ServiceContext => Object.create(home.ctx, { actor: { value: { ...home.ctx.actor, role } } })
const plan = (input: Partial<WholeHostInput> = {}, signal = new AbortController().signal) =>
  planWholeHost(as('admin'), { ...ALL, ...input, repositoryPath: vault, signal })
const run = (
  input: Partial<WholeHostInput & { ignoreSpace: boolean }>,
  digest: string | null,
  onEvent: (event: JobEvent) => void = () => {},
  signal?: AbortSignal,
) =>
  recoverWholeHost(as('admin'), {
    ...{ ...ALL, ignoreSpace: false, ...input, digest, waitMs: 0, jobId: null, command: 'orchive recover host --all' },
    ...{ signal: signal ?? new AbortController().signal, onEvent },
  })
const states = ({ workspaces }: { workspaces: { workspace: string; state?: string; outcome?: string }[] }) =>
  workspaces.map(({ workspace, state, outcome }) => `${workspace} ${state ?? outcome}`)
const stateOf = (root: string) => readFileSync(join(root, 'orchestrator_state.json'), 'utf8')

test('each workspace has its own lines in the plan: where it goes by the common map, what stops it, what it needs; one digest stands for what would be done', async () => {
  mkdirSync(rootOf('beta'), { recursive: true })
  writeFileSync(join(rootOf('beta'), 'somebody'), 'else')
  const first = await plan()
  expect(states(first)).toEqual(['alpha ready', 'beta stopped', 'gamma ready'])
  expect(first.workspaces[0]).toMatchObject({ oldRoot: rootOf('alpha'), root: rootOf('alpha'), plan: { workspace: 'alpha' } })
  expect(first.workspaces[1]).toMatchObject({ root: rootOf('beta'), plan: null, why: { code: 'target_not_empty' } })
  const { contentBytes } = first
  expect(contentBytes).toBe(first.workspaces.reduce((sum, part) => sum + (part.plan?.contentBytes ?? 0), 0))
  expect(first.volumes).toMatchObject([{ neededBytes: contentBytes }])
  expect(new Set(first.volumes[0]!.needs.map(({ workspaceId }) => workspaceId)).size).toBe(2)
  // What nobody can see does not change what was agreed to; where something goes does.
  expect((await plan()).digest).toBe(first.digest)
  const maps = [{ from: join(bench.folder, 'opt'), to: join(bench.folder, 'srv') }]
  const moved = await plan({ maps })
  expect(moved.workspaces.map(({ root }) => root)).toEqual(NAMES.map((name) => join(bench.folder, 'srv', name)))
  expect(states(moved)).toEqual(NAMES.map((name) => `${name} ready`))
  expect(moved.digest).not.toBe(first.digest)
  const less = await plan({ workspaces: ['gamma', 'ALPHA'], leaveOut: ['logsDir'], roots: [{ workspace: 'gamma', root: rootOf('beta') }] })
  expect(states(less)).toEqual(['gamma stopped', 'alpha ready'])
  expect(less.workspaces[1]!.plan!.items.find(({ key }) => key === 'logsDir')).toMatchObject({ isLeftOut: true })
  // Of each what was newest then; one that had none yet is told, and stops no other.
  const then = await plan({ archive: '@2999-01-01' })
  expect(then.digest).toBe((await plan({ archive: 'latest' })).digest)
  const early = await plan({ archive: '@2020-01-01' })
  expect(states(early)).toEqual(NAMES.map((name) => `${name} stopped`))
  expect(early.workspaces[0]!.why).toMatchObject({ code: 'archive_unknown', message: 'There is no archive of 2020-01-01 or before.' })
  // A disk without room: nothing starts unless somebody says so.
  const full = { workspaces: ['alpha'], roots: [{ workspace: 'alpha', root: '/proc/alpha' }] }
  const tight = await plan(full)
  expect(tight.volumes).toMatchObject([{ path: '/proc', freeBytes: 0, neededBytes: tight.contentBytes }])
  await expect(run(full, tight.digest)).rejects.toMatchObject({ code: 'target_full', hint: expect.stringContaining('--ignore-space') })
  expect(() => assertRoom(tight.volumes, true)).not.toThrow()
  // Two that would meet: the later one is stopped, and the first comes back.
  const met = await plan({
    roots: NAMES.map((workspace) => ({ workspace, root: join(bench.folder, 'srv', workspace === 'gamma' ? 'alpha/in' : workspace) })),
  })
  expect(states(met)).toEqual(['alpha ready', 'beta ready', 'gamma stopped'])
  expect(met.workspaces[2]!.why).toMatchObject({ code: 'target_unusable', message: expect.stringContaining('alpha') })
  await expect(plan({ workspaces: ['delta'] })).rejects.toMatchObject({ code: 'workspace_unknown' })
  // One alone, by an archive: its id says whose it is, and another workspace named beside it is a mistake.
  const alpha = first.workspaces[0]!
  const one = (workspace: string | null, archive: string) => chooseArchive(home.ctx, { workspace, archive, repositoryPath: vault })
  for (const name of [null, 'Alpha']) expect(one(name, alpha.plan!.archiveId)).toMatchObject({ workspaceId: alpha.workspaceId })
  const mistaken = {
    code: 'archive_unknown',
    message: expect.stringContaining('of alpha, not of beta'),
    hint: expect.stringContaining('beta'),
  }
  expect(() => one('beta', alpha.plan!.archiveId.slice(0, 20))).toThrow(expect.objectContaining(mistaken))
  expect(() => one(null, 'latest')).toThrow(expect.objectContaining({ code: 'workspace_ambiguous' }))
  await expect(run({}, first.digest.replace(/^./, 'x'))).rejects.toMatchObject({ code: 'plan_stale' })
  await expect(planWholeHost(as('viewer'), { ...ALL, repositoryPath: vault, signal: new AbortController().signal })).rejects.toMatchObject({
    code: 'not_permitted',
  })
  expect(() =>
    recoverWholeHost(as('operator'), {
      ...ALL,
      ignoreSpace: false,
      digest: null,
      waitMs: 0,
      jobId: null,
      command: '',
      signal: new AbortController().signal,
    }),
  ).toThrow(/settings/)
  const request = {
    source: { kind: 'known' as const },
    workspaces: [],
    roots: [],
    archive: null,
    maps: [],
    rewriteConfig: false,
    leaveOut: [],
    ignoreSpace: false,
  }
  const workspaces = first.workspaces.flatMap(({ workspaceId, root, plan: one }) =>
    one ? [{ workspaceId, root, digest: one.digest }] : [],
  )
  const words = wholeHostArguments(WholeHostRequestSchema.parse({ ...request, archive: '@2020-01-01T10:00Z', ignoreSpace: true }), [])
  expect(words).toEqual(['recover', 'host', '--all', '--archive=@2020-01-01T10:00Z', '--ignore-space'])
  for (const archive of ['arc_0123', '@then', '--yes'])
    expect(WholeHostRequestSchema.safeParse({ ...request, archive }).success, archive).toBe(false)
  await expect(startRecoverWholeHost(as('admin'), { request, workspaces, confirmName: 'alpha' })).rejects.toThrow(/Type 2 workspaces/)
  await expect(startRecoverWholeHost(as('operator'), { request, workspaces, confirmName: '2 workspaces' })).rejects.toThrow(/settings/)
  expect(existsSync(rootOf('alpha'))).toBe(false)
})

test('one that fails in the middle takes no other back, and is told with what to do; the rest comes back when it is taken up again', async () => {
  const { digest } = await plan()
  const progress: { bytesDone: number; bytesTotal: number | null }[] = []
  const { outcome, result, findings } = await run({}, digest, (event) => {
    if (event.type === 'progress') progress.push(event)
    if (event.type !== 'workspace' || event.workspace.workspace !== 'alpha' || event.workspace.outcome !== 'back') return
    // Somebody else begins to use the place of the next one.
    mkdirSync(rootOf('beta'), { recursive: true })
    writeFileSync(join(rootOf('beta'), 'somebody'), 'else')
  })
  expect(outcome).toBe('failure')
  expect(states(result)).toEqual(['alpha back', 'beta failed', 'gamma back'])
  expect(result.workspaces[1]).toMatchObject({
    areFilesBack: false,
    error: { code: 'target_not_empty', hint: expect.stringMatching(/folder/) },
  })
  expect(findings).toMatchObject([{ severity: 'error', message: expect.stringMatching(/^beta is not back: /) }])
  for (const name of ['alpha', 'gamma'] as const) expect(stateOf(rootOf(name))).toBe(stateOf(lost(name)))
  for (const { bytesDone, bytesTotal } of progress) expect(bytesDone).toBeLessThanOrEqual(bytesTotal!)
  const job = requireJob(home.ctx.consoleDb, result.workspaces[0]!.jobId!)
  expect(job).toMatchObject({
    outcome: expect.stringMatching(/success|warning/),
    workspace: 'alpha',
    title: `Bring alpha back to ${rootOf('alpha')}`,
  })
  const lines = listAudit(home.ctx.consoleDb).rows
  expect(lines.find(({ action }) => action === 'runbook.whole-host')?.detail).toMatchObject({ back: 2, failed: 1, notBegun: 0 })
  const own = lines.filter(({ action }) => action === 'runbook.host').map(({ workspaceId, detail }) => [workspaceId, detail.outcome])
  expect(own.toSorted()).toEqual(
    result.workspaces.map(({ workspaceId, outcome }) => [workspaceId, outcome === 'back' ? 'done' : 'failed']).toSorted(),
  )

  // Its place is somebody else's now, so it goes elsewhere; from then on that is where it is.
  const roots = [{ workspace: 'beta', root: join(bench.folder, 'srv/beta') }]
  expect(states(await plan())).toEqual(['alpha here', 'beta stopped', 'gamma here'])
  const rest = await plan({ roots })
  expect(states(rest)).toEqual(['alpha here', 'beta ready', 'gamma here'])
  expect(states((await run({ roots }, rest.digest)).result)).toEqual(['alpha here', 'beta back', 'gamma here'])
  expect(stateOf(roots[0]!.root)).toBe(stateOf(lost('beta')))
  const again = await plan()
  expect(states(again)).toEqual(NAMES.map((name) => `${name} here`))
  expect(again.workspaces[1]).toMatchObject({ oldRoot: rootOf('beta'), root: roots[0]!.root })
})

test('a cancel leaves what is back, takes back what was under way, and tells what was not begun; its config is not in the way of taking it up again', async () => {
  const { digest } = await plan()
  const stop = new AbortController()
  let jobId = ''
  await expect(
    run(
      {},
      digest,
      (event) => {
        if (event.type !== 'workspace') return
        const { workspace, outcome } = event.workspace
        if (workspace === 'beta' && outcome === 'running' && event.workspace.jobId !== null) stop.abort()
        jobId = event.workspace.jobId ?? jobId
      },
      stop.signal,
    ),
  ).rejects.toMatchObject({ code: 'cancelled' })
  const whole = listAudit(home.ctx.consoleDb).rows.find(({ action }) => action === 'runbook.whole-host')!
  expect(whole.detail).toMatchObject({ back: 1, failed: 0, cancelled: 1, notBegun: 1 })
  const job = requireJob(home.ctx.consoleDb, whole.objectId!)
  expect(job.outcome).toBe('cancelled')
  expect(states(job.result as WholeHostResult)).toEqual(['alpha back', 'beta cancelled', 'gamma waiting'])
  expect(requireJob(home.ctx.consoleDb, jobId).outcome).toBe('cancelled')
  expect(existsSync(join(rootOf('beta'), 'orchestrator_state.json'))).toBe(false)

  // Also where it was cut off after the config had been put in place.
  mkdirSync(join(rootOf('beta'), 'logs'), { recursive: true })
  cpSync(join(lost('beta'), 'orchestrator_config.json'), join(rootOf('beta'), 'orchestrator_config.json'))
  const rest = await plan()
  expect(states(rest)).toEqual(['alpha here', 'beta ready', 'gamma ready'])
  expect(states((await run({}, rest.digest)).result)).toEqual(['alpha here', 'beta back', 'gamma back'])
  for (const name of NAMES) expect(stateOf(rootOf(name))).toBe(stateOf(lost(name)))
})
