import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import type { ReplicaOptions, ReplicaSecrets, ReplicaTarget } from '#lib/contracts/replica.ts'
import { ReplicaSecretsSchema, ReplicaTargetSchema } from '#lib/contracts/replica.ts'
import { POLICY_FIELDS, PolicyChangeSchema } from '#lib/contracts/retention.ts'
import { parseBytes, wholeNumber } from '../options.ts'

type Options = Record<string, unknown>

/** The place that options name; null = none was named. Throws `usage` for more than one. */
export function targetOf(options: Options): ReplicaTarget | null {
  const kinds = ['folder', 's3', 'sftp'].filter((kind) => options[kind] !== undefined)
  if (kinds.length > 1) throw new AppError('usage', { message: `Give one of ${kinds.map((kind) => `--${kind}`).join(' and ')}, not both.` })
  const [kind] = kinds
  if (kind === undefined) return null
  const value = String(options[kind])
  const parsed = ReplicaTargetSchema.safeParse(
    kind === 'folder'
      ? { kind, path: resolve(value), isImmutable: options.objectLock !== undefined }
      : kind === 's3'
        ? { kind, ...bucketOf(value), ...s3Options(options) }
        : { kind, ...accountOf(value), hostKeyFingerprint: options.fingerprint ?? null },
  )
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new AppError('usage', {
    message: `--${kind} ${value}: ${issue?.path.join('.')}: ${issue?.message}.`,
    hint: 'See orchive replica add --help.',
  })
}

function s3Options(options: Options) {
  return {
    endpoint: options.endpoint ?? null,
    ...(options.region === undefined ? {} : { region: options.region }),
    objectLock: options.objectLock ?? null,
    isPlainHttpAllowed: options.plainHttp === true,
  }
}

/** `s3://bucket/prefix` */
function bucketOf(text: string): { bucket: string; prefix: string } {
  const [, bucket, prefix = ''] = /^(?:s3:\/\/)?([^/]+)\/?(.*?)\/?$/.exec(text) ?? []
  if (bucket === undefined) throw new AppError('usage', { message: `--s3 ${text} cannot be read.`, hint: 'Write --s3 s3://bucket/prefix.' })
  return { bucket, prefix }
}

/** `user@host:port/path` */
function accountOf(text: string): { user: string; host: string; port: number; path: string } {
  const [, user, host, port = '22', path] = /^(?:sftp:\/\/)?([^@]+)@([^/:]+)(?::(\d+))?(?::|(?=\/))(.+)$/.exec(text) ?? []
  if (!user || !host || !path) {
    throw new AppError('usage', { message: `--sftp ${text} cannot be read.`, hint: 'Write --sftp user@host:/path or user@host:2222/path.' })
  }
  return { user, host, port: Number(port), path }
}

/** What a JSON file says that opens a place; null = none was named. */
export function secretsOf(options: Options): ReplicaSecrets | null {
  if (options.secrets === undefined) return null
  const file = String(options.secrets)
  const unreadable = (why: string) =>
    new AppError('usage', {
      message: `${file}: ${why}.`,
      hint: 'Write {"accessKeyId": …, "secretAccessKey": …}, {"password": …} or {"privateKey": …, "passphrase": …}.',
    })
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'))
  } catch (error) {
    throw unreadable(error instanceof SyntaxError ? 'it is no JSON' : 'it cannot be read')
  }
  const given = (typeof value === 'object' && value !== null ? value : {}) as Options
  const kind =
    given['kind'] ?? (given['accessKeyId'] ? 's3' : given['privateKey'] ? 'private-key' : given['password'] ? 'password' : undefined)
  const parsed = ReplicaSecretsSchema.safeParse({ ...given, kind })
  if (parsed.success) return parsed.data
  throw unreadable(parsed.error.issues[0]?.message ?? 'it cannot be read')
}

/** How a replica is kept, as far as options say. */
export function keepingOf(options: Options): Partial<ReplicaOptions> {
  const given: Partial<ReplicaOptions> = {}
  if (options.afterBackup !== undefined) given.afterBackup = options.afterBackup === true
  if (options.schedule !== undefined) given.schedule = options.schedule === 'never' ? null : String(options.schedule)
  if (options.lockDays !== undefined) given.lockDays = options.lockDays === 'none' ? null : wholeNumber('--lock-days', options.lockDays)
  if (options.recheck !== undefined) given.recheckPercent = percent(options.recheck)
  if (options.speed !== undefined) given.bytesPerSecond = speed(String(options.speed))
  if (Array.isArray(options.hours) && options.hours.length > 0) given.hours = (options.hours as string[]).map(hoursOf)
  if (options.lagHours !== undefined) given.lagHours = wholeNumber('--lag-hours', options.lagHours)
  if (Array.isArray(options.keep) && options.keep.length > 0) given.policy = policyOf(options.keep as string[])
  if (options.pause === true) given.isPaused = true
  if (options.resume === true) given.isPaused = false
  return given
}

function percent(value: unknown): number {
  const number = Number(value)
  if (Number.isFinite(number) && number >= 0 && number <= 100) return number
  throw new AppError('usage', { message: `--recheck is “${String(value)}”; percent from 0 to 100 are expected.` })
}

const speed = (text: string) => (text === 'full' ? null : parseBytes(text))

/** `08:00-18:00=1MB` */
function hoursOf(text: string): ReplicaOptions['hours'][number] {
  const [, from, to, rate] = /^(\d\d:\d\d)-(\d\d:\d\d)=(.+)$/.exec(text) ?? []
  if (!from || !to || !rate)
    throw new AppError('usage', { message: `--hours ${text} cannot be read.`, hint: 'Write --hours 08:00-18:00=1MB, or =full.' })
  return { from, to, bytesPerSecond: speed(rate) }
}

/** `dailyDays=90` */
function policyOf(texts: string[]): NonNullable<ReplicaOptions['policy']> {
  const entries = texts.map((text) => text.split('=', 2) as [string, string | undefined])
  const parsed = PolicyChangeSchema.safeParse(Object.fromEntries(entries))
  const unknown = entries.find(([field]) => !(POLICY_FIELDS as string[]).includes(field))
  if (parsed.success && !unknown) return parsed.data
  throw new AppError('usage', {
    message: `--keep ${unknown?.[0] ?? texts.join(' ')} cannot be read.`,
    hint: 'Write --keep dailyDays=90; the numbers are keepLast, dailyDays, weeklyWeeks, monthlyMonths, yearlyYears and otherDays.',
  })
}
