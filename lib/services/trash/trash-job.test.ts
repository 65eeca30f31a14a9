import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listArchives } from '#db/catalog/queries/list-archives.ts'
import { listAudit } from '#db/console/tables/audit.ts'
import { requireJob } from '#db/console/tables/jobs.ts'
import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import type { Role } from '#lib/contracts/rights.ts'
import type { PruneReport, Trashed } from '#lib/contracts/trash.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'
import { forgetInChild, planPruneInChild, unforgetInChild } from '../console/trash.ts'
import type { ServiceContext } from '../context.ts'
import { planPruneOf, pruneRepositories } from '../repository/prune-repository.ts'
import { startPrune } from '../repository/start-prune.ts'
import { forgetArchives } from './forget-archives.ts'
import { listTrash } from './list-trash.ts'
import { unforgetArchive } from './unforget-archive.ts'

let bench: Bench
let home: ConsoleOf
const ids: ArchiveId[] = []

beforeAll(async () => {
  bench = await makeBench({ isQuick: true, logs: 1 })
  for (let day = 0; day < 3; day++) {
    writeFileSync(join(bench.workspace.logsDir, `day-${day}.jsonl`), `{"day":${day}}\n`.repeat(500))
    ids.push(((await bench.run('backup', '--json')).json as { archiveId: ArchiveId }).archiveId)
  }
  home = consoleOf(bench.home)
})

afterAll(() => {
  home.close()
  bench.remove()
})

const as = (role: Role): ServiceContext => Object.create(home.ctx, { actor: { value: { ...home.ctx.actor, role } } })
const listed = () => listArchives(home.ctx.catalogDb(), {}, home.ctx.clock.nowMs()).rows.map(({ id }) => id)
const ended = (id: JobId) =>
  until(`${id} is finished`, () => requireJob(home.ctx.consoleDb, id).status === 'finished' && requireJob(home.ctx.consoleDb, id))
const { signal } = new AbortController()

test('only a lead or an admin forgets, takes back and prunes, whichever way they ask', async () => {
  for (const role of ['viewer', 'operator'] as const) {
    const refused = { code: 'not_permitted' }
    await expect(forgetArchives(as(role), [ids[0]!], { reason: 'x' })).rejects.toMatchObject(refused)
    await expect(unforgetArchive(as(role), { archiveId: ids[0]! })).rejects.toMatchObject(refused)
    await expect(startPrune(as(role), {})).rejects.toMatchObject(refused)
    await expect(startPrune(as('lead'), { graceDays: 6.9 })).rejects.toMatchObject(refused)
    expect(() => forgetInChild(as(role), { archiveId: ids[0]!, reason: 'x' })).toThrow(/forget/)
    expect(() => unforgetInChild(as(role), { archiveId: ids[0]! })).toThrow(/forget/)
    expect(() => pruneRepositories(as(role), { signal, waitMs: 0, jobId: null, command: 'prune' })).toThrow(/prune/)
    expect(await planPruneOf(as(role), { signal })).toHaveLength(1)
  }
  expect(listed()).toHaveLength(3)
})

test('several archives of one call all go or none does, and the audit log says who and why', async () => {
  const held = await bench.run('hold', ids[1]!, '--reason', 'audit')
  expect(held.code).toBe(0)
  await expect(forgetArchives(as('lead'), [ids[0]!, ids[1]!], { reason: 'x' })).rejects.toMatchObject({ code: 'archive_kept' })
  expect(listed()).toHaveLength(3)
  const gone: ArchiveId[] = []
  await forgetArchives(as('lead'), [ids[0]!], { reason: 'too old', onForgotten: (id) => gone.push(id) })
  expect(gone).toEqual([ids[0]])
  expect(listed()).toEqual([ids[2], ids[1]])
  expect(listTrash(as('viewer'), {}).rows).toMatchObject([{ id: ids[0], forgottenBy: 'Ada', reason: 'too old', keptBy: null }])
  const [line] = listAudit(home.ctx.consoleDb, {}, { limit: 1 }).rows
  expect(line).toMatchObject({ action: 'archive.forget', objectId: ids[0], detail: { reason: 'too old' } })
})

test('the console, the command line and a job do the same: forget, list, take back, plan and prune', async () => {
  const taken = await bench.run('unforget', ids[0]!.slice(0, 12), '--json')
  expect(taken).toMatchObject({ code: 0, json: { type: 'result', id: ids[0] } })
  expect(listed()).toHaveLength(3)
  expect(await forgetInChild(as('lead'), { archiveId: ids[0]!, reason: 'again' })).toMatchObject({ forgotten: [ids[0]] })
  const trash = (await bench.run('trash', '--json')).json as Trashed[]
  expect(trash).toMatchObject([{ id: ids[0], reason: 'again', goneAfter: expect.any(String) }])
  const kept = await bench.run('forget', ids[1]!)
  expect(kept).toMatchObject({ code: 1, stderr: expect.stringContaining('holds it: audit') })

  const [plan] = await planPruneInChild(as('viewer'), { graceDays: 0 })
  expect(plan).toMatchObject({ expired: [ids[0]], isDryRun: true, graceDays: 0 })
  expect(plan!.reclaimedBytes).toBeGreaterThan(0)
  const job = await ended((await startPrune(as('admin'), { graceDays: 0 })).jobId)
  expect(job).toMatchObject({ kind: 'prune', outcome: 'success', error: null })
  expect((job.result as PruneReport[])[0]).toMatchObject({ expired: [ids[0]], isDryRun: false })
  expect(listTrash(as('viewer'), {}).rows).toEqual([])
  expect(await bench.run('unforget', ids[0]!)).toMatchObject({ code: 1, stderr: expect.stringContaining('is not in the trash') })
  expect((await bench.run('verify', '--all', '--level', 'bytes')).code).toBe(0)
  expect((await bench.run('prune', '--grace', 'soon')).code).toBe(2)
})

test('while the catalog knows an archive that the repository has lost, a prune deletes nothing and a verify says so, until it is back or given up', async () => {
  const [from, aside] = [join(bench.home, `repository/manifests/${ids[1]}.mft.zst`), join(bench.folder, 'aside')]
  renameSync(from, aside)
  for (const more of [['--dry-run'], ['--grace', '0']])
    expect(await bench.run('prune', '--json', ...more)).toMatchObject({
      code: 1,
      json: { code: 'prune_refused', message: expect.stringContaining(ids[1]!), hint: expect.stringContaining('heal') },
    })
  const verified = await bench.run('verify', '--all', '--level', 'bytes', '--json')
  expect(verified).toMatchObject({ code: 1, json: { repositoryFindings: [{ severity: 'error', path: ids[1] }] } })
  renameSync(aside, from)
  expect((await bench.run('verify', '--all', '--level', 'bytes')).code).toBe(0)
  renameSync(from, aside)
  const given = await bench.run('catalog', 'rebuild')
  expect(given).toMatchObject({ code: 3, stderr: expect.stringContaining(`${ids[1]} was in the catalog`) })
  expect((await bench.run('catalog', 'rebuild')).code).toBe(0)
  expect((await bench.run('prune', '--json')).json).toMatchObject({ type: 'result', deadPacks: expect.any(Number) })
})
