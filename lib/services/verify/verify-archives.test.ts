import { expect, test } from 'vitest'
import { newArchiveId } from '#lib/base/ids.ts'
import type { VerifyReport } from '#lib/contracts/archive.ts'
import { workOf } from './verify-archives.ts'

const finding = (severity: 'error' | 'warning') => ({ severity, code: 'json_invalid', path: 'state.json', message: 'It is torn.' })

function report(archiveId: VerifyReport['archives'][number]['archiveId'], grade: 0 | 2, severity: 'error' | 'warning'): VerifyReport {
  const archive = { archiveId, grade, findings: [finding(severity)], framesRead: 1, bytesRead: 1, durationMs: 1 }
  return { archives: [archive], repositoryFindings: [] }
}

test('an archive known as suspect fails no verify by its content again, but by damage', () => {
  const id = newArchiveId()
  const known = new Set([id])
  expect(workOf(report(id, 2, 'error')).outcome).toBe('failure')
  expect(workOf(report(id, 2, 'error'), known)).toMatchObject({ outcome: 'warning', findings: [finding('error')] })
  expect(workOf(report(id, 0, 'error'), known).outcome).toBe('failure')
  expect(workOf(report(newArchiveId(), 2, 'error'), known).outcome).toBe('failure')
  expect(workOf(report(id, 2, 'warning')).outcome).toBe('warning')
  expect(workOf({ archives: [], repositoryFindings: [finding('error')] }, known).outcome).toBe('failure')
})
