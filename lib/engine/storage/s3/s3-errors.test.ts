import { expect, test } from 'vitest'
import { s3Error } from './s3-errors.ts'

const ABOUT = { location: 's3://copies/alpha at AWS eu-central-1', bucket: 'copies', name: 'packs/1' }

function answered(name: string, status: number): Error {
  return Object.assign(new Error('said by the store'), { name, $metadata: { httpStatusCode: status } })
}
const broken = (code: string) => Object.assign(new Error(code), { code })

test.each([
  [answered('ExpiredToken', 400), 'storage_refused', false],
  [answered('SignatureDoesNotMatch', 403), 'storage_refused', false],
  [answered('UnknownError', 403), 'storage_refused', false],
  [answered('RequestTimeTooSkewed', 403), 'storage_clock_skewed', true],
  [answered('PermanentRedirect', 301), 'storage_missing', false],
  [answered('NoSuchBucket', 404), 'storage_missing', false],
  [answered('NoSuchKey', 404), 'object_missing', false],
  [answered('PreconditionFailed', 412), 'object_exists', false],
  [answered('ConditionalRequestConflict', 409), 'storage_unreachable', true],
  [answered('QuotaExceeded', 403), 'repository_full', false],
  [answered('XMinioStorageFull', 507), 'repository_full', false],
  [answered('BadDigest', 400), 'io_failed', true],
  [answered('SlowDown', 503), 'storage_unreachable', true],
  [answered('InternalError', 500), 'storage_unreachable', true],
  [answered('ObjectLockConfigurationNotFoundError', 404), 'storage_refused', false],
  [broken('ECONNRESET'), 'storage_unreachable', true],
  [broken('EHOSTUNREACH'), 'storage_unreachable', true],
  [broken('CERT_HAS_EXPIRED'), 'storage_refused', false],
  [broken('DEPTH_ZERO_SELF_SIGNED_CERT'), 'storage_refused', false],
  [Object.assign(new Error('late'), { name: 'TimeoutError' }), 'storage_unreachable', true],
] as const)('%s of a store is %s, and worth another try or not: %s', (error, code, isRetryable) => {
  const told = s3Error(error, ABOUT)
  expect(told).toMatchObject({ code, retryable: isRetryable, message: expect.stringContaining('s3://copies/alpha at AWS eu-central-1: ') })
  expect(told.message).toContain('packs/1')
  expect(told.hint).not.toBe('')
})
