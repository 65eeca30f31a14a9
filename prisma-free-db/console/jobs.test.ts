import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newJobId, type WorkspaceId } from '#lib/base/ids.ts'
import type { WritableDb } from '../handle.ts'
import { openConsole } from '../open-database.ts'
import { queryPlan, temporaryFolder } from '../testing.ts'
import type { NewJob } from './job-record.ts'
import {
  LIST_BACKUP_TIMES,
  LIST_JOBS,
  listBackupTimes,
  listJobs,
  listJobsChangedSince,
  listOpenJobs,
  newestRevision,
} from './queries/list-jobs.ts'
import { claimJob, finishJob, getJob, insertJob, noteProcess, noteWaiting, requestCancel, requireJob, saveProgress } from './tables/jobs.ts'

const WORKSPACE: WorkspaceId = 'ws_0123456789abcdef'
const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString()
const identity = { pid: 4321, startTime: '998877', bootId: 'boot', host: 'here' }
const progress = {
  phase: 'read',
  filesDone: 1,
  filesTotal: null,
  bytesDone: 5,
  bytesTotal: null,
  currentPath: 'a',
  bytesPerSecond: null,
  etaMs: null,
  at: at(3),
}

function newJob(second = 0, more: Partial<NewJob> = {}): NewJob {
  return {
    id: newJobId(),
    kind: 'backup',
    workspaceId: WORKSPACE,
    workspace: 'prod',
    title: 'Back up prod',
    command: 'orchive backup prod',
    input: { rescan: false },
    actor: 'Ada',
    actorId: 'u1',
    createdAt: at(second),
    ...more,
  }
}

function withConsole(work: (db: WritableDb, path: string) => void): void {
  using folder = temporaryFolder()
  const path = join(folder.path, 'console.db')
  const { db, close } = openConsole(path)
  work(db, path)
  close()
}

test('a job goes queued, running, finished, and keeps what it was told', () => {
  withConsole((db) => {
    const queued = insertJob(db, newJob())
    expect(queued).toMatchObject({ status: 'queued', outcome: null, input: { rescan: false }, progress: null, findings: [], process: null })
    expect(noteWaiting(db, queued.id, 'the lock of the repository')).toBe(true)
    expect(requireJob(db, queued.id).waitsFor).toBe('the lock of the repository')
    expect(claimJob(db, queued.id, { startedAt: at(1), process: identity })).toMatchObject({
      status: 'running',
      startedAt: at(1),
      process: identity,
      waitsFor: null,
    })
    expect(saveProgress(db, queued.id, progress)).toBe(true)
    const findings = [{ severity: 'warning' as const, code: 'vanished', path: 'logs/a', message: 'gone' }]
    finishJob(db, queued.id, { outcome: 'warning', finishedAt: at(4), findings, result: { archiveId: 'arc_1' } })
    expect(requireJob(db, queued.id)).toMatchObject({
      status: 'finished',
      outcome: 'warning',
      finishedAt: at(4),
      findings,
      result: { archiveId: 'arc_1' },
      progress,
    })
  })
})

test('a job that ended cannot start, cancel, progress or end again: the first end stands', () => {
  withConsole((db) => {
    const { id } = insertJob(db, newJob())
    finishJob(db, id, { outcome: 'interrupted', finishedAt: at(1), error: { code: 'internal', message: 'killed', hint: '' } })
    for (const late of [
      () => claimJob(db, id, { startedAt: at(2), process: null }),
      () => requestCancel(db, id, at(2)),
      () => finishJob(db, id, { outcome: 'success', finishedAt: at(2) }),
    ]) {
      expect(late).toThrow(expect.objectContaining({ code: 'job_state' }))
    }
    expect(saveProgress(db, id, progress)).toBe(false)
    expect(noteProcess(db, id, identity)).toBe(false)
    expect(requireJob(db, id)).toMatchObject({ outcome: 'interrupted', progress: null })
  })
})

test('two processes claim one job: one gets it, the other is told', () => {
  withConsole((db, path) => {
    const other = openConsole(path)
    const { id } = insertJob(db, newJob())
    claimJob(other.db, id, { startedAt: at(1), process: identity })
    expect(() => claimJob(db, id, { startedAt: at(1), process: null })).toThrow(expect.objectContaining({ code: 'job_state' }))
    other.close()
  })
})

test('cancelling ends a job that nobody works on and only asks one that runs', () => {
  withConsole((db) => {
    const waiting = insertJob(db, newJob())
    expect(requestCancel(db, waiting.id, at(1))).toMatchObject({ status: 'finished', outcome: 'cancelled', finishedAt: at(1) })
    const started = insertJob(db, newJob())
    noteProcess(db, started.id, identity)
    expect(requestCancel(db, started.id, at(1))).toMatchObject({ status: 'cancelling', outcome: null, finishedAt: null })
    const running = insertJob(db, newJob())
    claimJob(db, running.id, { startedAt: at(1), process: identity })
    expect(requestCancel(db, running.id, at(2))).toMatchObject({ status: 'cancelling' })
    expect(finishJob(db, running.id, { outcome: 'cancelled', finishedAt: at(3) })).toMatchObject({ outcome: 'cancelled' })
  })
})

test('an unknown job is job_unknown', () => {
  withConsole((db) => {
    expect(getJob(db, 'job_00')).toBeNull()
    expect(() => requestCancel(db, 'job_00', at(1))).toThrow(expect.objectContaining({ code: 'job_unknown' }))
  })
})

test('pages are newest first, whole and without doubles, however many rows share a time', () => {
  withConsole((db) => {
    for (let i = 0; i < 25; i++)
      insertJob(db, newJob(Math.floor(i / 5), i % 2 ? {} : { workspaceId: null, workspace: null, kind: 'verify' }))
    const all = listJobs(db, { limit: 500 }).rows
    expect(all).toHaveLength(25)
    expect(all.map((job) => job.createdAt)).toEqual(
      all
        .map((job) => job.createdAt)
        .toSorted()
        .toReversed(),
    )
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = listJobs(db, { limit: 4, cursor })
      seen.push(...page.rows.map((job) => job.id))
      cursor = page.nextCursor
    } while (cursor)
    expect(seen).toEqual(all.map((job) => job.id))
    expect(listJobs(db, { workspaceId: WORKSPACE }).rows).toHaveLength(12)
    expect(listJobs(db, { kind: 'verify' }).rows).toHaveLength(13)
    expect(() => listJobs(db, { cursor: 'garbage' })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })
})

test('each change has a revision of its own, and a feed asks for what came after the one it has seen', () => {
  withConsole((db) => {
    const a = insertJob(db, newJob(0))
    const b = insertJob(db, newJob(1))
    const seen = newestRevision(db)
    expect(listJobsChangedSince(db, seen)).toEqual([])
    claimJob(db, a.id, { startedAt: at(1), process: null })
    saveProgress(db, a.id, progress)
    expect(listJobsChangedSince(db, seen).map((job) => job.id)).toEqual([a.id])
    expect(listOpenJobs(db).map((job) => job.id)).toEqual([a.id, b.id])
    finishJob(db, a.id, { outcome: 'success', finishedAt: at(2) })
    expect(listOpenJobs(db).map((job) => job.id)).toEqual([b.id])
  })
})

test('a backup that came to its end is remembered for its day, whatever became of its archive; one that failed is not', () => {
  withConsole((db) => {
    const [good, bad, open] = [insertJob(db, newJob(0)), insertJob(db, newJob(1)), insertJob(db, newJob(2))]
    for (const { id } of [good, bad, open]) claimJob(db, id, { startedAt: at(3), process: null })
    finishJob(db, good.id, { outcome: 'warning', finishedAt: at(4) })
    finishJob(db, bad.id, { outcome: 'failure', finishedAt: at(4) })
    expect(listBackupTimes(db, good.workspaceId!, good.createdAt)).toEqual([good.createdAt])
    expect(listJobs(db, { outcome: 'failure' }).rows.map(({ id }) => id)).toEqual([bad.id])
    expect(listJobs(db, { outcome: 'failure', kind: 'restore' }).rows).toEqual([])
    expect(listBackupTimes(db, good.workspaceId!, bad.createdAt)).toEqual([])
  })
})

test('lists of jobs walk an index and sort nothing', () => {
  withConsole((db) => {
    expect(queryPlan(db, LIST_JOBS.ofAll)).toEqual(['SEARCH jobs USING INDEX jobs_by_time ((created_at,id)<(?,?))'])
    expect(queryPlan(db, LIST_JOBS.ofWorkspace)).toEqual([
      'SEARCH jobs USING INDEX jobs_by_workspace (workspace_id=? AND (created_at,id)<(?,?))',
    ])
    expect(queryPlan(db, LIST_BACKUP_TIMES)).toEqual(['SEARCH jobs USING INDEX jobs_by_workspace (workspace_id=? AND created_at>?)'])
  })
})
