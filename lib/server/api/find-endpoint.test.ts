import { expect, test } from 'vitest'
import { ENDPOINTS, type Endpoint } from '#lib/contracts/endpoints.ts'
import { OTHER_ENDPOINTS } from '#lib/contracts/other-endpoints.ts'
import { findEndpoint } from './find-endpoint.ts'

test('every endpoint is found at its own address, with what stands there for its parameters', () => {
  for (const [name, { method, path }] of Object.entries(ENDPOINTS) as [string, Endpoint][]) {
    const params: Record<string, string> = {}
    const address = path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent((params[key] = `a/${key}`)))
    expect(findEndpoint(method.toUpperCase(), `/api/v1${address}`), path).toEqual({ name, isRead: method === 'get', params })
  }
})

test('what is no endpoint is left to others: pages, streams, files, other methods, longer and shorter paths', () => {
  for (const { method, path } of Object.values(OTHER_ENDPOINTS)) {
    expect(findEndpoint(method.toUpperCase(), `/api/v1${path.replace('{archive}', 'arc_1')}`), path).toBeNull()
  }
  const others = ['/jobs', '/api/v1', '/api/v1/', '/api/v1/jobs/job_1/log/', '/api/v2/jobs']
  expect(others.filter((path) => findEndpoint('GET', path))).toEqual([])
  expect(findEndpoint('DELETE', '/api/v1/jobs')).toBeNull()
  expect(findEndpoint('HEAD', '/api/v1/jobs')?.name).toBe('listJobs')
  // Text that cannot be decoded is no id of anything, and is said to be none by the endpoint.
  expect(findEndpoint('GET', '/api/v1/archives/%ff')).toEqual({ name: 'getArchive', isRead: true, params: { archive: '%ff' } })
})
