import { expect, test } from 'vitest'
import { isArchiveId, isJobId, newArchiveId, newJobId, newRepositoryId, newSeriesId, newWorkspaceId } from './ids.ts'

test('new ids say what they name and never repeat', () => {
  const makers = { arc_: newArchiveId, job_: newJobId, repo_: newRepositoryId, ser_: newSeriesId, ws_: newWorkspaceId }
  for (const [prefix, make] of Object.entries(makers)) {
    const ids = Array.from({ length: 1000 }, make)
    expect(new Set(ids).size).toBe(1000)
    for (const id of ids) expect(id).toMatch(new RegExp(`^${prefix}[0-9a-f]{16,24}$`))
  }
})

test('only whole ids of their kind are recognised', () => {
  const archive = newArchiveId()
  const job = newJobId()
  expect(isArchiveId(archive)).toBe(true)
  expect(isJobId(job)).toBe(true)
  for (const text of [job, archive.slice(0, -1), `${archive}0`, archive.toUpperCase(), `../${archive}`, `${archive}\n`, ''])
    expect(isArchiveId(text)).toBe(false)
  for (const text of [archive, job.slice(0, -1), `${job}/..`, '']) expect(isJobId(text)).toBe(false)
})
