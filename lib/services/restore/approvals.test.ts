import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listAudit } from '#db/console/tables/audit.ts'
import { getJob } from '#db/console/tables/jobs.ts'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { RestoreRequest } from '#lib/contracts/archive.ts'
import type { Role } from '#lib/contracts/rights.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'
import { listArchives } from '../archives/read-archives.ts'
import type { ServiceContext } from '../context.ts'
import { actorAbout } from '../people/actor-about.ts'
import { startRecoverState } from '../recover/start-recover-state.ts'
import { askRestoreApproval, getRestoreApproval, listRestoreApprovals } from './approvals.ts'
import { approveRestore, rejectRestore } from './decide-approval.ts'
import { planRestore } from './restore-archive.ts'
import { setRestoreRules, showRestoreRules } from './second-person.ts'
import { startRestore } from './start-restore.ts'
import { startUndo } from './start-undo.ts'

let bench: Bench
let home: ConsoleOf
let workspace: ReturnType<typeof listWorkspaces>[number]
let request: RestoreRequest
let nowMs = Date.now()

beforeAll(async () => {
  bench = await makeBench({ isQuick: true, packs: 2, logs: 1 })
  expect((await bench.run('backup')).code).toBe(0)
  home = consoleOf(bench.home, { ...systemClock, nowMs: () => nowMs })
  workspace = listWorkspaces(home.ctx.consoleDb)[0]!
  const [archive] = listArchives(home.ctx, { workspaceId: workspace.id }).rows
  request = { archiveId: archive!.id, paths: [], target: null, exact: false }
})
beforeEach(() => {
  nowMs = Date.now()
  setRestoreRules(ruth(), { workspaceId: workspace.id, secondPerson: true })
})
afterAll(() => {
  home.close()
  bench.remove()
})

const as = (role: Role, name: string): ServiceContext =>
  Object.create(home.ctx, { actor: { value: { id: `user-${name}`, name, role, via: 'console' } } })
const tomas = () => as('operator', 'Tomas')
const ruth = () => as('admin', 'Ruth')
const mara = () => as('lead', 'Mara')
const ines = () => as('lead', 'Ines')
const name = () => workspace.name
const digestNow = async () => (await planRestore(home.ctx, request)).digest
const askAs = async (ctx: ServiceContext, digest?: string) => askRestoreApproval(ctx, { request, digest: digest ?? (await digestNow()) })
const audited = (limit = 3) => listAudit(home.ctx.consoleDb, {}, { limit }).rows
const breakSample = () => writeFileSync(bench.workspace.statePath, '{"broken":')
const ended = (jobId: JobId) => until(`${jobId} has ended`, () => getJob(home.ctx.consoleDb, jobId)?.status === 'finished')

describe('where a second person is asked for', () => {
  test('nobody replaces anything alone: not by a restore, not by the runbook, not by an undo over what changed since', async () => {
    const digest = await digestNow()
    const alone = { request, digest, confirmName: name() }
    await expect(startRestore(mara(), alone)).rejects.toMatchObject({ code: 'not_permitted' })
    await expect(startRestore(mara(), { ...alone, breakGlass: '  ' })).rejects.toMatchObject({ code: 'not_permitted' })
    const runbook = { workspaceId: workspace.id, archiveId: null, salvage: 'none' as const, confirmName: name() }
    await expect(startRecoverState(mara(), runbook)).rejects.toMatchObject({ code: 'not_permitted' })
    expect(() => setRestoreRules(mara(), { workspaceId: workspace.id, secondPerson: false })).toThrow('settings')
  })

  test('it is off unless chosen, only an admin chooses, and then one person is enough', async () => {
    setRestoreRules(ruth(), { workspaceId: workspace.id, secondPerson: false })
    expect(showRestoreRules(as('viewer', 'Vera'), workspace.id)).toEqual({ workspaceId: workspace.id, secondPerson: false })
    await expect(askAs(tomas())).rejects.toThrow('asks for no second person')
    expect(audited(1)[0]).toMatchObject({ action: 'restore.rules', detail: { secondPerson: false } })
  })

  test('who asked does not approve, whichever role they have by then; a lead does, with the plan that was reviewed and the name', async () => {
    const asked = await askAs(tomas())
    expect(asked).toMatchObject({ status: 'open', askedBy: 'Tomas', may: { approve: false, reject: true } })
    const yes = { approval: asked.id, digest: asked.digest, confirmName: name() }
    await expect(approveRestore(tomas(), yes)).rejects.toMatchObject({ code: 'not_permitted' })
    await expect(approveRestore(as('lead', 'Tomas'), yes)).rejects.toThrow('asks for a second person')
    await expect(approveRestore(as('admin', 'tomas'), yes)).rejects.toThrow('asks for a second person')
    await expect(approveRestore(as('operator', 'Otto'), yes)).rejects.toMatchObject({ code: 'not_permitted' })
    await expect(approveRestore(mara(), { ...yes, digest: 'another' })).rejects.toMatchObject({ code: 'plan_stale' })
    await expect(approveRestore(mara(), { ...yes, confirmName: 'other' })).rejects.toThrow(`Type ${name()}`)
    expect(getRestoreApproval(mara(), asked.id)).toMatchObject({ status: 'open', may: { approve: true, reject: true, why: null } })
    expect(listRestoreApprovals(mara(), null).map(({ id }) => id)).toEqual([asked.id])
  })

  test('a newer one takes the place of the one that waits; it expires; it can be declined and taken back', async () => {
    const first = await askAs(tomas())
    const second = await askAs(tomas())
    expect(getRestoreApproval(mara(), first.id)).toMatchObject({ status: 'void', endReason: 'A newer one took its place.' })
    await expect(approveRestore(mara(), { approval: first.id, digest: first.digest, confirmName: name() })).rejects.toMatchObject({
      code: 'proposal_state',
    })
    expect(rejectRestore(mara(), { approval: second.id, reason: 'not today' })).toMatchObject({ status: 'rejected', decision: 'not today' })
    expect(() => rejectRestore(ines(), { approval: second.id, reason: 'again' })).toThrow('was declined by Mara')
    const third = await askAs(tomas())
    expect(() => rejectRestore(as('operator', 'Otto'), { approval: third.id, reason: 'x' })).toThrow('approve')
    expect(rejectRestore(tomas(), { approval: third.id, reason: 'found another way' })).toMatchObject({ status: 'rejected' })
    const fourth = await askAs(tomas())
    nowMs += 25 * 3_600_000
    expect(listRestoreApprovals(mara(), workspace.id)).toEqual([])
    expect(getRestoreApproval(mara(), fourth.id)).toMatchObject({ status: 'expired' })
  })

  test('it belongs to its workspace: a role elsewhere decides nothing, and is not even told', async () => {
    const { id } = await askAs(tomas())
    const standing = { everywhere: false, inWorkspaces: new Map(), scope: null, only: null }
    const stranger: ServiceContext = Object.create(home.ctx, {
      actor: { value: { id: 'x', name: 'x', role: 'lead', via: 'api', standing } },
    })
    expect(() => actorAbout(stranger, { approval: id })).toThrow('has no role in the workspace')
    expect(() => actorAbout(stranger, { request: { workspace: name().toUpperCase() } })).toThrow('has no role in the workspace')
    expect(listRestoreApprovals(stranger, null)).toEqual([])
  })

  test('a plan that is another one by now restores nothing, and says so', async () => {
    breakSample()
    const asked = await askAs(tomas())
    writeFileSync(bench.workspace.statePath, '{"broken": otherwise')
    const { jobId } = await approveRestore(mara(), { approval: asked.id, digest: asked.digest, confirmName: name() })
    await ended(jobId)
    expect(getJob(home.ctx.consoleDb, jobId)).toMatchObject({ outcome: 'failure', error: { code: 'plan_stale' } })
    expect(getRestoreApproval(mara(), asked.id)).toMatchObject({ status: 'started', decidedBy: 'Mara', jobId })
  })

  test('approved once, it is carried out: by one job, whoever else approves', async () => {
    breakSample()
    const asked = await askAs(tomas())
    const yes = { approval: asked.id, digest: asked.digest, confirmName: name() }
    const { jobId } = await approveRestore(mara(), { ...yes, reason: 'go on' })
    await expect(approveRestore(ines(), yes)).rejects.toThrow('was approved already by Mara')
    await ended(jobId)
    expect(getJob(home.ctx.consoleDb, jobId)).toMatchObject({ title: `Restore ${name()} in place (${asked.id})`, actor: 'Mara' })
    expect(['success', 'warning']).toContain(getJob(home.ctx.consoleDb, jobId)!.outcome)
    const actions = audited(20).map(({ action }) => action)
    for (const action of ['restore.ask', 'restore.approve', 'restore.start', 'archive.restore']) expect(actions).toContain(action)

    // Taking back what was just done needs nobody; over what changed since, it does.
    breakSample()
    await expect(startUndo(mara(), { jobId, force: true, confirmName: name() })).rejects.toMatchObject({ code: 'not_permitted' })
  })

  test('break-glass does it alone with a reason, ends what waits, and stands in the log; so does the shell of the host', async () => {
    breakSample()
    const asked = await askAs(tomas())
    const alone = { request, digest: asked.digest, confirmName: name() }
    const { jobId } = await startRestore(tomas(), { ...alone, breakGlass: 'production is down' })
    await ended(jobId)
    expect(getJob(home.ctx.consoleDb, jobId)!.error).toBeNull()
    expect(getRestoreApproval(mara(), asked.id)).toMatchObject({ status: 'void' })
    const broken = audited(20).find(({ action }) => action === 'restore.break-glass')
    expect(broken).toMatchObject({ actor: 'Tomas', detail: { reason: 'production is down', what: 'restore', digest: asked.digest } })

    breakSample()
    const { code, stdout } = await bench.run('restore', 'latest', '--in-place', '--yes', '--json')
    expect([0, 3]).toContain(code)
    expect(stdout).toContain('asks for a second person')
    expect(audited(20).find(({ action, via }) => action === 'restore.break-glass' && via === 'cli')).toMatchObject({
      detail: { reason: 'At the shell of the host.' },
    })
  })
})
