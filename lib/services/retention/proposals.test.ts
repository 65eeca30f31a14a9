import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { listAudit } from '#db/console/tables/audit.ts'
import { requireJob } from '#db/console/tables/jobs.ts'
import { listWorkspaces, updateWorkspace } from '#db/console/tables/workspaces.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { PolicyDraft, Proposal } from '#lib/contracts/retention.ts'
import type { Role } from '#lib/contracts/rights.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'
import { holdArchive, releaseArchive } from '../archives/mark-archive.ts'
import { listArchives } from '../archives/read-archives.ts'
import { planRetentionInChild, proposeInChild } from '../console/retention.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { applyProposal } from './apply-proposal.ts'
import { approve, approveProposal, rejectProposal, resumeProposal } from './decide-proposal.ts'
import { simulateRetention } from './plan-workspace.ts'
import { getProposal, listProposals, listWaiting, propose } from './proposals.ts'
import { setDefault, setPolicy, setRetentionSettings, showDefault, showRules } from './rules.ts'
import { startDueProposals } from './start-due-proposals.ts'

let bench: Bench
let home: ConsoleOf
let nowMs: number
let workspaceId: WorkspaceId

/** Sets the one clock that the console and its children go by. */
function setNow(iso: string): void {
  nowMs = Date.parse(iso)
  vi.stubEnv('ORCHIVE_NOW', iso)
}

// One history for all: tests of one file run in order, and those that forget come last.
beforeAll(async () => {
  vi.stubEnv('ORCHIVE_TEST', '1')
  setNow('2026-03-01T02:00:00Z')
  bench = await makeBench({ isQuick: true, packs: 2, logs: 1 })
  for (const day of ['04', '08', '09', '10']) {
    setNow(`2026-03-${day}T02:00:00Z`)
    writeFileSync(join(bench.workspace.logsDir, `day-${day}.jsonl`), day.repeat(500))
    if (day !== '04') rmSync(join(bench.workspace.logsDir, 'day-04.jsonl'), { force: true })
    expect((await bench.run('backup')).code).toBe(0)
  }
  home = consoleOf(bench.home, { ...systemClock, nowMs: () => nowMs })
  workspaceId = listWorkspaces(home.ctx.consoleDb)[0]!.id
  updateWorkspace(home.ctx.consoleDb, workspaceId, { schedule: null, timeZone: 'UTC' }, '2026-03-10T03:00:00.000Z')
})
beforeEach(() => setNow('2026-03-10T04:00:00Z'))
afterAll(() => {
  home.close()
  vi.unstubAllEnvs()
  bench.remove()
})

const as = (role: Role, name: string): ServiceContext =>
  Object.create(home.ctx, { actor: { value: { id: `user-${name}`, name, role, via: 'console' } } })
const tomas = () => as('operator', 'Tomas')
const mara = () => as('lead', 'Mara')
const ines = () => as('lead', 'Ines')
/** One of four goes: that of 4 March, whose week has another. */
const SHORT: PolicyDraft = { dailyDays: 2, weeklyWeeks: 2, monthlyMonths: 0 }
const proposeAs = (ctx: ServiceContext, draft: PolicyDraft = SHORT) => propose(ctx, { workspaceId, draft })
const audited = () => listAudit(home.ctx.consoleDb, {}, { limit: 5 }).rows.map(({ action }) => action)
const run = (proposal: string) => ({
  proposal,
  isConfirmed: false,
  waitMs: 0,
  jobId: null,
  command: 'test',
  signal: new AbortController().signal,
})

describe('raising', () => {
  test('needs the right, something to go, and the plan that was looked at', async () => {
    await expect(proposeAs(as('viewer', 'Vera'))).rejects.toMatchObject({ code: 'not_permitted' })
    await expect(propose(tomas(), { workspaceId, draft: {} })).rejects.toMatchObject({
      code: 'invalid_input',
      message: /nothing to propose/,
    })
    await expect(propose(tomas(), { workspaceId, draft: SHORT, digest: 'other' })).rejects.toMatchObject({ code: 'plan_stale' })
    await expect(proposeAs(tomas(), { dailyDays: 0, weeklyWeeks: 0, monthlyMonths: 0 })).rejects.toThrow(/keeps nothing/)
    expect(listWaiting(home.ctx, workspaceId)).toEqual([])
  })

  test('the plan is the same as a draft, as a proposal, and from the command line', async () => {
    const drafted = simulateRetention(tomas(), workspaceId, SHORT).plan
    const measured = await planRetentionInChild(tomas(), workspaceId, SHORT)
    // A second look asks no child: a context that cannot start one is enough.
    const isChildless = Object.create(tomas(), { launcher: { value: '/nowhere' } }) as ServiceContext
    expect(await planRetentionInChild(isChildless, workspaceId, SHORT)).toEqual(measured)
    await expect(planRetentionInChild(isChildless, workspaceId, { ...SHORT, dailyDays: 1, weeklyWeeks: 0 })).rejects.toThrow()
    const proposal = await proposeAs(tomas())
    expect(proposal).toMatchObject({ status: 'open', forgetCount: drafted.forgetCount, digest: drafted.digest, proposedBy: 'Tomas' })
    expect({ ...proposal.plan, reclaimBytes: null, referencedBytes: null, lost: null }).toEqual(drafted)
    expect(measured).toEqual(proposal.plan)
    expect(measured.reclaimBytes).toBeGreaterThan(0)
    expect(measured.lost?.byArchive.map(({ archiveId }) => archiveId)).toEqual(
      drafted.archives.filter(({ keep }) => !keep).map(({ archiveId }) => archiveId),
    )
  })

  test('a newer one takes the place of the one that waits', async () => {
    const first = await proposeAs(tomas())
    const second = await proposeAs(tomas())
    expect(getProposal(tomas(), first.id)).toMatchObject({ status: 'void', endReason: 'A newer proposal took its place.' })
    expect(listWaiting(tomas(), workspaceId).map(({ id }) => id)).toEqual([second.id])
  })
})

describe('deciding', () => {
  let open: Proposal
  beforeEach(async () => {
    open = await proposeAs(mara())
  })
  const of = (more: object = {}) => ({ proposal: open.id, digest: open.digest, ...more })

  test('is for leads, and not for who proposed it', () => {
    expect(() => approve(tomas(), of())).toThrow(/right “approve”/)
    expect(() => approve(mara(), of())).toThrow(/second person/)
    expect(getProposal(mara(), open.id).may).toMatchObject({ approve: false, breakGlass: true, reject: true })
    expect(getProposal(tomas(), open.id).may).toMatchObject({ approve: false, reject: false, why: 'Needs a lead.' })
    expect(getProposal(ines(), open.id).may).toMatchObject({ approve: true, why: null })
    // Somebody of the same name without an account, as at the shell, is the same person.
    expect(() => approve(as('lead', 'mara'), of())).toThrow(/second person/)
  })

  test('a workspace may do without a second person', () => {
    setRetentionSettings(as('admin', 'Ada'), { workspaceId, secondPerson: false })
    expect(getProposal(mara(), open.id).may.approve).toBe(true)
    setRetentionSettings(as('admin', 'Ada'), { workspaceId, secondPerson: true })
    expect(() => setRetentionSettings(mara(), { workspaceId, secondPerson: false })).toThrow(/settings/)
  })

  test('break-glass needs a reason and is audited as such', () => {
    expect(() => approve(mara(), of({ breakGlass: true }))).toThrow(/needs a reason/)
    expect(approve(mara(), of({ breakGlass: true, reason: 'disk full, nobody there' }))).toMatchObject({
      status: 'approved',
      breakGlass: true,
    })
    expect(audited()[0]).toBe('retention.break-glass')
    expect(() => approve(ines(), of())).toThrow(/was approved already by Mara/)
  })

  test('another digest, a second decision and one after its time are refused', () => {
    expect(() => approve(ines(), of({ digest: 'f'.repeat(64) }))).toThrow(/changed since this plan/)
    expect(rejectProposal(ines(), { proposal: open.id, reason: 'wait for the audit' })).toMatchObject({
      status: 'rejected',
      decidedBy: 'Ines',
    })
    expect(() => rejectProposal(ines(), { proposal: open.id, reason: 'again' })).toThrow(/was rejected by Ines/)
    expect(() => approve(ines(), of())).toThrow(/was rejected by Ines/)
  })

  test('it expires', () => {
    setNow('2026-03-12T04:00:00Z')
    expect(() => approve(ines(), of())).toThrow(/has expired/)
    expect(listProposals(ines(), { workspaceId }).rows[0]).toMatchObject({
      id: open.id,
      status: 'expired',
      endReason: 'Nobody decided in time.',
    })
  })

  test('a hold on what would go makes it void, at once and for good', async () => {
    const { archiveId } = open.plan.archives.find(({ keep }) => !keep)!
    await holdArchive(tomas(), { archiveId, reason: 'audit' })
    expect(() => approve(ines(), of())).toThrow(/is void.*one archive would stay now/)
    await releaseArchive(tomas(), { archiveId })
    expect(getProposal(ines(), open.id)).toMatchObject({ status: 'void' })
  })

  test('a change of the policy makes it void, too', () => {
    expect(setDefault(as('admin', 'Ada'), { policy: { yearlyYears: 3 } }).workspaces).toMatchObject([
      { policy: { yearlyYears: 3 }, own: [] },
    ])
    expect(() => setDefault(as('lead', 'Lea'), { policy: { yearlyYears: 4 } })).toThrow(expect.objectContaining({ code: 'not_permitted' }))
    expect(setDefault(as('admin', 'Ada'), { policy: { yearlyYears: null } }).policy.yearlyYears).toBe(0)
    setPolicy(as('admin', 'Ada'), { workspaceId, change: { yearlyYears: 1 } })
    expect(showDefault(as('viewer', 'Vic')).workspaces).toMatchObject([{ policy: { yearlyYears: 1 }, own: ['yearlyYears'] }])
    expect(getProposal(ines(), open.id)).toMatchObject({ status: 'void', endReason: 'The policy was changed since.' })
    expect(showRules(ines(), workspaceId)).toMatchObject({ own: ['yearlyYears'], policy: { yearlyYears: 1, dailyDays: 30 } })
    setPolicy(as('admin', 'Ada'), { workspaceId, change: { yearlyYears: null } })
    expect(showRules(ines(), workspaceId).own).toEqual([])
  })

  test('more than half of the archives go only when the name was typed', async () => {
    const big = await proposeAs(mara(), { dailyDays: 1, weeklyWeeks: 0, monthlyMonths: 0 })
    expect(big.plan).toMatchObject({ forgetCount: 3, needsConfirmation: true })
    expect(() => approve(ines(), { proposal: big.id, digest: big.digest })).toThrow(/type sample/)
    expect(approve(ines(), { proposal: big.id, digest: big.digest, confirmName: 'sample' }).status).toBe('approved')
  })
})

describe('by schedule', () => {
  test('a proposal is raised once when something would go; many missed runs are one', async () => {
    const due = () => startDueProposals(as('operator', 'schedule'))
    expect(await due()).toEqual({ raised: [], problems: [] })
    setPolicy(as('admin', 'Ada'), { workspaceId, change: { dailyDays: 2, weeklyWeeks: 2, monthlyMonths: 0 } })
    setNow('2026-03-12T05:00:00Z')
    expect(await due()).toEqual({ raised: [workspaceId], problems: [] })
    expect(listWaiting(home.ctx, workspaceId)).toMatchObject([{ proposedBy: 'schedule', note: null, forgetCount: 1 }])
    expect(await due()).toEqual({ raised: [], problems: [] })
    setNow('2026-03-13T05:00:00Z')
    expect(await due()).toEqual({ raised: [], problems: [] })
  })
})

describe('applying', () => {
  test('a proposal that was not approved is not applied by the console', async () => {
    const open = await proposeInChild(mara(), { workspaceId, draft: SHORT })
    await expect(applyProposal(ines(), run(open.id))).rejects.toMatchObject({ code: 'proposal_state' })
    await expect(resumeProposal(ines(), { proposal: open.id })).rejects.toMatchObject({ code: 'proposal_state' })
  })

  test('a catalog that changed between approval and job makes it void, and nothing goes', async () => {
    const open = await proposeAs(mara())
    approve(ines(), { proposal: open.id, digest: open.digest })
    const { archiveId } = open.plan.archives.find(({ keep }) => !keep)!
    await holdArchive(tomas(), { archiveId, reason: 'audit' })
    await expect(applyProposal(ines(), run(open.id))).rejects.toMatchObject({ code: 'plan_stale' })
    expect(getProposal(ines(), open.id)).toMatchObject({ status: 'void' })
    expect(listArchives(ines(), { workspaceId }).rows).toHaveLength(4)
    await releaseArchive(tomas(), { archiveId })
  })

  test('what changes while the job queues behind another writer counts, too', async () => {
    const open = await proposeAs(mara())
    approve(ines(), { proposal: open.id, digest: open.digest })
    const { archiveId } = open.plan.archives.find(({ keep }) => !keep)!
    const {
      repository: { location },
    } = requireArchive(home.ctx.catalogDb(), archiveId)
    await withRepository(home.ctx, location, async (repository) => {
      const since = new Date(nowMs).toISOString()
      const lease = await repository.lock({ purpose: 'a backup', since, monotonicMs: () => performance.now(), waitMs: 0 })
      // It looks at the catalog before it waits for the lease, and nothing has changed by then.
      const applying = applyProposal(ines(), { ...run(open.id), waitMs: 30_000 })
      applying.catch(() => {})
      await holdArchive(tomas(), { archiveId, reason: 'audit' })
      await lease.release()
      await expect(applying).rejects.toMatchObject({ code: 'plan_stale' })
    })
    expect(getProposal(ines(), open.id)).toMatchObject({ status: 'void' })
    expect(listArchives(ines(), { workspaceId }).rows).toHaveLength(4)
    await releaseArchive(tomas(), { archiveId })
  })

  test('what was approved is done exactly, also when the console died before its job began; its policy holds from then on', async () => {
    const open = await proposeAs(mara(), { ...SHORT, yearlyYears: 2, dailyDays: 1 })
    const input = { proposal: open.id, digest: open.digest, reason: 'Agreed after the drill.', confirmName: 'sample' }
    // The console died here.
    expect(approve(ines(), input)).toMatchObject({ status: 'approved', jobId: null })
    await expect(approveProposal(mara(), { ...input, breakGlass: true })).rejects.toThrow('was approved already by Ines')
    const { jobId } = await resumeProposal(ines(), { proposal: open.id })
    await until(`${jobId} is finished`, () => requireJob(home.ctx.consoleDb, jobId as JobId).status === 'finished')
    const job = requireJob(home.ctx.consoleDb, jobId as JobId)
    expect(job).toMatchObject({ kind: 'retention', outcome: 'success', error: null, actor: 'Ines' })
    const kept = open.plan.archives.filter(({ keep }) => keep).map(({ archiveId }) => archiveId)
    expect(listArchives(ines(), { workspaceId }).rows.map(({ id }) => id)).toEqual(kept)
    expect(getProposal(ines(), open.id)).toMatchObject({ status: 'applied', decidedBy: 'Ines', breakGlass: false, jobId })
    expect(showRules(ines(), workspaceId).policy).toMatchObject({ dailyDays: 1, weeklyWeeks: 2, yearlyYears: 2 })
    await expect(resumeProposal(ines(), { proposal: open.id })).rejects.toThrow(/was applied already/)
    expect(simulateRetention(ines(), workspaceId, {}).plan.forgetCount).toBe(0)
  })
})
