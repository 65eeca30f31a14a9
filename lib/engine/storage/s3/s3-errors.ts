/** What an object store answers, said as an error of ours that names the bucket, the object and the next step. */
import { AppError, type ErrorCode, errnoOf } from '#lib/base/errors.ts'

/** What a request was about. */
export interface S3Subject {
  /** The target in a line. */
  location: string
  bucket: string
  /** The object's name in the repository; null for requests about the bucket. */
  name: string | null
}

interface Saying {
  code: ErrorCode
  what: string
  hint: string
  isRetryable?: boolean
}

/** A failed request as an error of ours; errors that are ours already as they are. */
export function s3Error(error: unknown, about: S3Subject): AppError {
  if (error instanceof AppError) return error
  // Agents wrap what a look-up of ours refused.
  if (error instanceof Error && error.cause instanceof AppError) return error.cause
  return errorOf(sayingOf(error, about), error, about)
}

/** A lock that was refused, as stores do without saying why. */
export function lockRefused(error: AppError, about: S3Subject): AppError {
  return error.context['answer'] === 'InvalidRequest' ? errorOf(withoutLock(), error.cause, about) : error
}

/** The failure of an object that is not there. */
export function objectMissing(location: string, name: string, cause: unknown): AppError {
  return errorOf(missing({ location, bucket: '', name }), cause, { location, bucket: '', name })
}

/** The failure of an answer that no store gives. */
export function notStore(about: S3Subject): AppError {
  return errorOf(notS3(), undefined, about)
}

function errorOf({ code, what, hint, isRetryable }: Saying, error: unknown, about: S3Subject): AppError {
  const object = about.name === null ? '' : ` (object ${about.name})`
  return new AppError(code, {
    message: `${about.location}: ${what}${object}.`,
    hint,
    retryable: isRetryable ?? false,
    context: { bucket: about.bucket, object: about.name, answer: nameOf(error), status: statusOf(error) },
    cause: error,
  })
}

function sayingOf(error: unknown, about: S3Subject): Saying {
  const known = KNOWN[nameOf(error)]
  if (known) return known(about)
  if (error instanceof Error && /object ?lock/i.test(`${error.name} ${error.message}`)) return withoutLock()
  const errno = errnoOf(error) ?? ''
  if (errno === 'EPROTO') return noTls
  if (isTlsProblem(errno)) {
    return {
      code: 'storage_refused',
      what: `its certificate is not trusted: ${errno}`,
      hint: 'Give the address that the certificate is made for, or name the authority that signed it in NODE_EXTRA_CA_CERTS where Orchive is started.',
    }
  }
  return NETWORK[errno] ?? ofStatus(statusOf(error), error, about)
}

const UNREACHABLE_HINT = 'Check the address, the network and whether the store runs; what was not copied is copied next time.'
const unreachable = (what: string, hint = UNREACHABLE_HINT): Saying => ({ code: 'storage_unreachable', what, hint, isRetryable: true })
const busy = () =>
  unreachable('the store asks to slow down', 'It is tried again by itself. If this lasts, give copies less bandwidth or fewer hours.')
const refused = (what: string, hint: string): Saying => ({ code: 'storage_refused', what, hint })
const badKey = () =>
  refused('the credentials are refused', 'Check access key and secret; they may have been revoked or belong to another store.')
const expired = () => refused('the credentials have expired', 'Enter new ones.')
const full = (): Saying => ({
  code: 'repository_full',
  what: 'the store is full or a quota is used up',
  hint: 'Raise the quota, or let retention of the copy remove more. Earlier copies are intact.',
})
const withoutLock = () =>
  refused('the bucket was made without Object Lock', 'Make a bucket with Object Lock on; most stores cannot turn it on later.')
const noTls = refused('what answers there does not speak TLS', 'Check the port. Plain http has to be chosen, and allowed, explicitly.')
const damagedOnTheWay = (): Saying => ({
  code: 'io_failed',
  what: 'an object arrived damaged and was refused',
  hint: 'It is tried again by itself.',
  isRetryable: true,
})
const wrongRegion = (): Saying => ({
  code: 'storage_missing',
  what: 'the bucket lies in another region or at another address',
  hint: 'Set the region of the bucket.',
})

/** By the name that the store gives to its error. */
const KNOWN: Record<string, ((about: S3Subject) => Saying) | undefined> = {
  NoSuchBucket: ({ bucket }) => ({
    code: 'storage_missing',
    what: `there is no bucket ${bucket}`,
    hint: 'Make the bucket (with Object Lock on, if copies are to be locked), or correct its name.',
  }),
  NoSuchKey: missing,
  NotFound: missing,
  NoSuchVersion: missing,
  PreconditionFailed: ({ name }) => ({
    code: 'object_exists',
    what: `there is an object ${name} already`,
    hint: 'Objects are never overwritten.',
  }),
  ConditionalRequestConflict: () => unreachable('another writer puts the same object at this moment', 'It is tried again by itself.'),
  InvalidAccessKeyId: badKey,
  SignatureDoesNotMatch: badKey,
  InvalidToken: badKey,
  ExpiredToken: expired,
  TokenRefreshRequired: expired,
  AccessDenied: ({ bucket }) =>
    refused(
      `these credentials may not do this in the bucket ${bucket}`,
      'Compare their policy with docs/replicas/. Credentials that cannot delete are meant to be: then the store prunes by its lifecycle rules.',
    ),
  RequestTimeTooSkewed: () => ({
    code: 'storage_clock_skewed',
    what: "this host's clock and the store's are more than 15 minutes apart",
    hint: 'Set the clock of this host by NTP.',
    isRetryable: true,
  }),
  PermanentRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  SlowDown: busy,
  TooManyRequestsException: busy,
  ThrottlingException: busy,
  QuotaExceeded: full,
  XMinioStorageFull: full,
  InsufficientCapacity: full,
  BadDigest: damagedOnTheWay,
  XAmzContentSHA256Mismatch: damagedOnTheWay,
  TimeoutError: () => unreachable('no answer within the time allowed'),
  AbortError: () => unreachable('no answer within the time allowed'),
  RequestTimeout: () => unreachable('the request took too long'),
  SyntaxError: notS3,
}

function missing({ name, bucket }: S3Subject): Saying {
  if (name === null) return { code: 'storage_missing', what: `there is no bucket ${bucket}`, hint: 'Make the bucket, or correct its name.' }
  return {
    code: 'object_missing',
    what: `there is no object ${name}`,
    hint: 'Verify the copy to see which archives are affected.',
  }
}

function notS3(): Saying {
  return {
    code: 'storage_missing',
    what: 'what answers there does not speak S3',
    hint: 'Give the address of the S3 service itself; consoles of object stores often have a port of their own.',
  }
}

/** By the name of a failed system call. */
const NETWORK: Record<string, Saying | undefined> = {
  ECONNREFUSED: unreachable('nobody answers at this address'),
  ENOTFOUND: unreachable('its name is not known', 'Check the spelling of the address and the name servers of this host.'),
  EAI_AGAIN: unreachable('the name servers of this host do not answer'),
  ENETUNREACH: unreachable('there is no route to it'),
  EHOSTUNREACH: unreachable('there is no route to it'),
  ETIMEDOUT: unreachable('no answer within the time allowed'),
  ECONNRESET: unreachable('the connection broke'),
  ECONNABORTED: unreachable('the connection broke'),
  EPIPE: unreachable('the connection broke'),
}

function ofStatus(status: number | null, error: unknown, about: S3Subject): Saying {
  // Answers to HEAD have no body that could name the error.
  if (status === 403 || status === 401) return KNOWN['AccessDenied']!(about)
  if (status === 404) return missing(about)
  if (status === 412) return KNOWN['PreconditionFailed']!(about)
  if (status === 301 || status === 307) return wrongRegion()
  if (status === 507) return full()
  if (status === 429 || status === 503) return busy()
  if (status !== null && status >= 500) return unreachable(`the store answered ${status}`)
  if (error instanceof Error && /Deserialization|not valid XML|char .* is not expected/i.test(error.message)) return notS3()
  const said = error instanceof Error ? error.message.split('\n')[0] : String(error)
  return { code: 'io_failed', what: `the store refused a request: ${nameOf(error)}${said ? `, ${said}` : ''}`, hint: '' }
}

const TLS = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH)/
const isTlsProblem = (errno: string) => TLS.test(errno)

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}

/** The HTTP status that an error of the client carries; null when there was no answer. */
export function statusOf(error: unknown): number | null {
  const metadata = (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata
  return metadata?.httpStatusCode ?? null
}
