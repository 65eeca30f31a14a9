import { existsSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { requireJob } from '#db/console/tables/jobs.ts'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import { OffloadPolicySchema, type OffloadResult } from '#lib/contracts/disk.ts'
import type { Role } from '#lib/contracts/rights.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'
import { planOffloadInChild, reportDiskInChild } from '../console/disk.ts'
import { releaseInChild } from '../console/verbs.ts'
import type { ServiceContext } from '../context.ts'
import { startOffload } from './start-offload.ts'

const POLICY = OffloadPolicySchema.parse({})
const OLD_S = Date.UTC(2026, 0, 1) / 1000

let bench: Bench
let home: ConsoleOf
beforeEach(async () => {
  bench = await makeBench({ isQuick: true, logs: 1, nowMs: systemClock.realNowMs() })
  home = consoleOf(bench.home)
})
afterEach(() => {
  home.close()
  bench.remove()
})

const as = (role: Role): ServiceContext => Object.create(home.ctx, { actor: { value: { ...home.ctx.actor, role } } })
const workspaceId = () => listWorkspaces(home.ctx.consoleDb)[0]!.id
const ended = (id: JobId) =>
  until(`${id} is finished`, () => requireJob(home.ctx.consoleDb, id).status === 'finished' && requireJob(home.ctx.consoleDb, id))

function writeOldLog(name: string): string {
  const path = join(bench.workspace.logsDir, name)
  writeFileSync(path, 'old\n'.repeat(1000))
  utimesSync(path, OLD_S, OLD_S)
  return path
}

test('an operator offloads the plan that was reviewed as a job; only a lead releases what may be the only copy', async () => {
  const old = writeOldLog('a-1.jsonl')
  const plan = await planOffloadInChild(as('viewer'), workspaceId(), POLICY)
  expect(plan.files.map(({ path }) => path)).toEqual(['logs/a-1.jsonl'])
  const input = { workspaceId: workspaceId(), policy: POLICY, digest: plan.digest }
  await expect(startOffload(as('viewer'), input)).rejects.toMatchObject({ code: 'not_permitted' })
  expect(existsSync(old)).toBe(true)

  const job = await ended((await startOffload(as('operator'), input)).jobId)
  expect(job).toMatchObject({ kind: 'offload', outcome: 'success', error: null })
  const { archiveId, removedFiles } = job.result as OffloadResult
  expect(removedFiles).toBe(1)
  expect(existsSync(old)).toBe(false)
  expect(() => releaseInChild(as('operator'), { archiveId: archiveId as ArchiveId })).toThrow(/release-offload/)
  expect(await releaseInChild(as('lead'), { archiveId: archiveId as ArchiveId })).toMatchObject({ hold: null })
})

test('a job for a plan that changed under review deletes nothing', async () => {
  writeOldLog('a-1.jsonl')
  const { digest } = await planOffloadInChild(as('operator'), workspaceId(), POLICY)
  const second = writeOldLog('a-2.jsonl')
  const job = await ended((await startOffload(as('operator'), { workspaceId: workspaceId(), policy: POLICY, digest })).jobId)
  expect(job).toMatchObject({ outcome: 'failure', error: { code: 'plan_stale' } })
  expect(existsSync(second)).toBe(true)
})

test('the report comes to the console from a child, with the groups that take the space', async () => {
  for (const name of ['a-1.jsonl', 'a-2.jsonl']) writeOldLog(name)
  const { areas } = await reportDiskInChild(as('viewer'), workspaceId())
  expect(areas.find(({ role }) => role === 'logs')?.groups).toContainEqual({ name: 'a-*.jsonl', files: 2, bytes: 8000, isRest: false })
})
