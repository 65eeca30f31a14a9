/** A connection to one bucket: deadlines on every request, answers checked for their length, errors of ours, and the clock of the store. */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { isIP } from 'node:net'
import type { S3Client } from '@aws-sdk/client-s3'
import { systemClock } from '#lib/base/clock.ts'
import { AppError } from '#lib/base/errors.ts'
import { isNeverReached, isPrivateAddress, lookupChecked } from '../address-class.ts'
import type { Patience } from '../patience.ts'
import { describeTarget, type S3Target, type StorageSecrets } from '../storage-target.ts'
import { notStore, s3Error } from './s3-errors.ts'

export type S3Sdk = typeof import('@aws-sdk/client-s3')

/** Requests at once; more wait for a free socket. */
const SOCKETS = 16

const nothing = () => {}
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing }

export class S3Connection {
  readonly sdk: S3Sdk
  readonly target: S3Target
  readonly location: string
  private readonly client: S3Client
  private readonly patience: Patience
  /** How far the store's clock is ahead of this host's; null before the first answer. */
  clockAheadMs: number | null = null

  private constructor(sdk: S3Sdk, target: S3Target, secrets: StorageSecrets & { kind: 's3' }, patience: Patience) {
    this.sdk = sdk
    this.target = target
    this.location = describeTarget(target)
    this.patience = patience
    this.client = makeClient(sdk, target, secrets, patience, this.location)
    this.client.middlewareStack.add(
      (next) => async (args) => {
        try {
          const result = await next(args)
          this.noteClock(result.response)
          return result
        } catch (error) {
          // A refusal has a date as well.
          this.noteClock((error as { $response?: unknown } | null)?.$response)
          throw error
        }
      },
      { step: 'deserialize', priority: 'low', name: 'orchiveServerClock' },
    )
  }

  private noteClock(response: unknown): void {
    const { headers } = (response ?? {}) as { headers?: Record<string, string> }
    const toldMs = Date.parse(headers?.['date'] ?? '')
    if (Number.isFinite(toldMs)) this.clockAheadMs = toldMs - systemClock.realNowMs()
  }

  /** Loads the client, which takes a while, and connects to nothing yet. Throws `invalid_input` for an endpoint that is not to be reached. */
  static async open(target: S3Target, secrets: StorageSecrets & { kind: 's3' }, patience: Patience): Promise<S3Connection> {
    assertEndpoint(target)
    return new S3Connection(await import('@aws-sdk/client-s3'), target, secrets, patience)
  }

  keyOf(name: string): string {
    return this.target.prefix === '' ? name : `${this.target.prefix}/${name}`
  }

  nameOf(key: string): string {
    return this.target.prefix === '' ? key : key.slice(this.target.prefix.length + 1)
  }

  /** Makes a request that moves so many bytes, within a deadline, or until `ended`; its errors come out as ours and name the object. */
  async request<T>(
    name: string | null,
    sizeBytes: number,
    call: (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<T>,
    ended?: AbortSignal,
  ): Promise<T> {
    const { deadlineMs, slowestBytesPerSecond } = this.patience
    const deadline = AbortSignal.timeout(deadlineMs + Math.ceil((sizeBytes / slowestBytesPerSecond) * 1000))
    try {
      return await call(this.client, { abortSignal: ended ? AbortSignal.any([deadline, ended]) : deadline })
    } catch (error) {
      // A body that is cut by the deadline says only that it broke off.
      const cause = deadline.aborted ? Object.assign(new Error('deadline'), { name: 'TimeoutError' }) : error
      throw s3Error(cause, { location: this.location, bucket: this.target.bucket, name })
    }
  }

  /** An object, or a part of it (`range`) or an earlier version of it, whole or not at all. */
  download(name: string, sizeBytes: number, which: { range?: string; versionId?: string } = {}): Promise<Buffer> {
    return this.request(name, sizeBytes, async (client, options) => {
      const command = new this.sdk.GetObjectCommand({
        Bucket: this.target.bucket,
        Key: this.keyOf(name),
        Range: which.range,
        VersionId: which.versionId,
      })
      const { Body, ContentLength, ETag } = await client.send(command, options)
      this.assertStore(ETag, name)
      const pieces: Uint8Array[] = []
      for await (const piece of Body as AsyncIterable<Uint8Array>) pieces.push(piece)
      const bytes =
        pieces.length === 1 ? Buffer.from(pieces[0]!.buffer, pieces[0]!.byteOffset, pieces[0]!.byteLength) : Buffer.concat(pieces)
      if (ContentLength !== undefined && bytes.length !== ContentLength) throw Object.assign(new Error('cut short'), { code: 'ECONNRESET' })
      return bytes
    })
  }

  /** Throws unless an answer carries what only a store says: a web page that answers 200 to everything must not pass for an empty bucket. */
  assertStore(told: unknown, name: string | null): void {
    if (told === undefined) throw notStore({ location: this.location, bucket: this.target.bucket, name })
  }

  close(): void {
    this.client.destroy()
  }
}

function makeClient(
  sdk: S3Sdk,
  target: S3Target,
  secrets: StorageSecrets & { kind: 's3' },
  patience: Patience,
  location: string,
): S3Client {
  const agent = {
    keepAlive: true,
    maxSockets: SOCKETS,
    lookup: lookupChecked((host, address) => {
      const problem = addressProblem(target, host, address)
      return problem === null ? null : unfitEndpoint(location, problem)
    }),
  }
  const { accessKeyId, secretAccessKey, sessionToken } = secrets
  return new sdk.S3Client({
    ...(target.endpoint === null ? {} : { endpoint: target.endpoint }),
    region: target.region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    // Names of buckets as names of hosts need DNS and certificates that few stores of one's own have.
    forcePathStyle: true,
    // Content-MD5 is understood and checked by every store; the newer checksums are not, and streams with them are refused.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Trying again is a decorator's, which knows a deadline.
    maxAttempts: 1,
    // It warns on the console that what is sent piece by piece cannot be sent again; we read it again.
    logger: SILENT,
    expectContinueHeader: false,
    followRegionRedirects: false,
    requestHandler: {
      connectionTimeout: patience.connectMs,
      socketTimeout: patience.idleMs,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    },
  })
}

/** Throws `invalid_input` for an endpoint that is no address of a store, or one to which nothing is sent. */
function assertEndpoint(target: S3Target): void {
  if (target.endpoint === null) return
  const location = describeTarget(target)
  const url = URL.parse(target.endpoint)
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password || url.search || url.hash)
    throw unfitEndpoint(location, `${target.endpoint.replace(/\/\/[^/@]*@/, '//')} is no address such as https://s3.example.org.`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol === 'http:' && !target.isPlainHttpAllowed)
    throw unfitEndpoint(location, 'Without TLS anybody on the way reads and changes what is sent.')
  const problem = isIP(host) === 0 ? null : addressProblem(target, host, host)
  if (problem) throw unfitEndpoint(location, problem)
}

function addressProblem(target: S3Target, host: string, address: string): string | null {
  const what = host === address ? host : `${host}, which is ${address},`
  if (isNeverReached(address)) return `${what} is an address to which nothing is ever sent.`
  if (target.endpoint?.startsWith('http:') && !isPrivateAddress(address))
    return `${what} lies outside of this host's own networks, and plain http is for inside.`
  return null
}

function unfitEndpoint(location: string, why: string): AppError {
  return new AppError('invalid_input', {
    message: `${location}: ${why}`,
    hint: 'Use https://. Plain http is for loopback and private networks, when it is allowed explicitly.',
  })
}
