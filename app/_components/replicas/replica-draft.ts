import type { AddReplicaInput, Prices, Replica, ReplicaSecrets, ReplicaTarget } from '#lib/contracts/replica.ts'

/** What the form holds, as text where people type. */
export interface ReplicaDraft {
  name: string
  kind: ReplicaTarget['kind']
  path: string
  endpoint: string
  region: string
  bucket: string
  prefix: string
  isPlainHttpAllowed: boolean
  objectLock: '' | 'governance' | 'compliance'
  lockDays: string
  host: string
  port: string
  user: string
  fingerprint: string
  accessKeyId: string
  secretAccessKey: string
  sftpBy: 'password' | 'private-key'
  password: string
  privateKey: string
  passphrase: string
  afterBackup: boolean
  schedule: string
  speed: string
  hoursFrom: string
  hoursTo: string
  hoursSpeed: string
  recheckPercent: string
  lagHours: string
  dailyDays: string
  weeklyWeeks: string
  monthlyMonths: string
  hasPrices: boolean
  prices: Record<keyof Prices, string>
}

const EMPTY: ReplicaDraft = {
  ...{ name: '', kind: 'folder', path: '', endpoint: '', region: 'us-east-1', bucket: '', prefix: '', isPlainHttpAllowed: false },
  ...{ objectLock: '', lockDays: '30', host: '', port: '22', user: '', fingerprint: '', accessKeyId: '', secretAccessKey: '' },
  ...{ sftpBy: 'password', password: '', privateKey: '', passphrase: '', afterBackup: true, schedule: '', speed: '' },
  ...{ hoursFrom: '', hoursTo: '', hoursSpeed: '', recheckPercent: '2', lagHours: '26', dailyDays: '', weeklyWeeks: '', monthlyMonths: '' },
  hasPrices: false,
  prices: { currency: 'EUR', perGigabyteMonth: '', perThousandPuts: '', perThousandGets: '', perGigabyteOut: '' },
}

const MEGABYTE = 1e6
const textOf = (value: number | null | undefined) => (value === null || value === undefined ? '' : String(value))
const speedText = (bytes: number | null | undefined) => (bytes === null || bytes === undefined ? '' : String(bytes / MEGABYTE))

/** The form for a replica, or for a new one. */
export function draftOfReplica(replica: Replica | null): ReplicaDraft {
  if (replica === null) return EMPTY
  const { target, policy, prices } = replica
  const hours = replica.hours[0]
  return {
    ...EMPTY,
    ...{ name: replica.name, kind: target.kind, afterBackup: replica.afterBackup, schedule: replica.schedule ?? '' },
    ...{ speed: speedText(replica.bytesPerSecond), recheckPercent: String(replica.recheckPercent), lagHours: String(replica.lagHours) },
    ...(hours ? { hoursFrom: hours.from, hoursTo: hours.to, hoursSpeed: speedText(hours.bytesPerSecond) } : {}),
    ...{ dailyDays: textOf(policy?.dailyDays), weeklyWeeks: textOf(policy?.weeklyWeeks), monthlyMonths: textOf(policy?.monthlyMonths) },
    lockDays: textOf(replica.lockDays) || EMPTY.lockDays,
    ...placeOf(target),
    ...(prices
      ? {
          hasPrices: true,
          prices: Object.fromEntries(Object.entries(prices).map(([key, value]) => [key, String(value)])) as ReplicaDraft['prices'],
        }
      : {}),
  }
}

function placeOf(target: ReplicaTarget): Partial<ReplicaDraft> {
  switch (target.kind) {
    case 'folder':
      return { path: target.path, objectLock: target.isImmutable ? 'governance' : '' }
    case 's3': {
      const { endpoint, region, bucket, prefix, isPlainHttpAllowed, objectLock } = target
      return { endpoint: endpoint ?? '', region, bucket, prefix, isPlainHttpAllowed, objectLock: objectLock ?? '' }
    }
    case 'sftp':
      return {
        host: target.host,
        port: String(target.port),
        user: target.user,
        path: target.path,
        fingerprint: target.hostKeyFingerprint ?? '',
      }
  }
}

/** The place that a draft means. */
export function targetOfDraft(draft: ReplicaDraft): ReplicaTarget {
  switch (draft.kind) {
    case 'folder':
      return { kind: 'folder', path: draft.path.trim(), isImmutable: draft.objectLock !== '' }
    case 's3':
      return {
        ...{ kind: 's3', endpoint: draft.endpoint.trim() || null, region: draft.region.trim(), bucket: draft.bucket.trim() },
        ...{ prefix: draft.prefix.trim().replace(/^\/+|\/+$/g, ''), objectLock: draft.objectLock || null },
        isPlainHttpAllowed: draft.isPlainHttpAllowed,
      }
    case 'sftp':
      return {
        ...{ kind: 'sftp', host: draft.host.trim(), port: Number(draft.port), user: draft.user.trim(), path: draft.path.trim() },
        hostKeyFingerprint: draft.fingerprint.trim() || null,
      }
  }
}

/** The keys that were entered; null = none, so that saved ones stay. */
export function secretsOfDraft(draft: ReplicaDraft): ReplicaSecrets | null {
  if (draft.kind === 'folder') return { kind: 'none' }
  if (draft.kind === 's3')
    return draft.secretAccessKey === ''
      ? null
      : { kind: 's3', accessKeyId: draft.accessKeyId.trim(), secretAccessKey: draft.secretAccessKey.trim() }
  if (draft.sftpBy === 'password') return draft.password === '' ? null : { kind: 'password', password: draft.password }
  if (draft.privateKey === '') return null
  return { kind: 'private-key', privateKey: draft.privateKey, ...(draft.passphrase === '' ? {} : { passphrase: draft.passphrase }) }
}

const numberOf = (text: string) => (text.trim() === '' ? null : Number(text))
const speedOf = (text: string) => (text.trim() === '' ? null : Math.round(Number(text) * MEGABYTE))

/** How a replica is to be kept, by its draft. */
export function keepingOfDraft(
  draft: ReplicaDraft,
): Omit<AddReplicaInput, 'workspace' | 'name' | 'target' | 'secrets' | 'isPaused' | 'isUntried'> {
  const { prices } = draft
  const policy = {
    dailyDays: numberOf(draft.dailyDays),
    weeklyWeeks: numberOf(draft.weeklyWeeks),
    monthlyMonths: numberOf(draft.monthlyMonths),
  }
  return {
    afterBackup: draft.afterBackup,
    schedule: draft.schedule.trim() || null,
    policy: Object.values(policy).every((value) => value === null) ? null : policy,
    lockDays: draft.kind === 'sftp' || draft.objectLock === '' ? null : Number(draft.lockDays),
    recheckPercent: Number(draft.recheckPercent),
    bytesPerSecond: speedOf(draft.speed),
    hours:
      draft.hoursFrom && draft.hoursTo ? [{ from: draft.hoursFrom, to: draft.hoursTo, bytesPerSecond: speedOf(draft.hoursSpeed) }] : [],
    lagHours: Number(draft.lagHours),
    prices: draft.hasPrices
      ? {
          currency: prices.currency,
          perGigabyteMonth: Number(prices.perGigabyteMonth),
          perThousandPuts: Number(prices.perThousandPuts),
          perThousandGets: Number(prices.perThousandGets),
          perGigabyteOut: Number(prices.perGigabyteOut),
        }
      : null,
  }
}
