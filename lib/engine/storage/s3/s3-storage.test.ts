import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noise } from '#test/builders/random-tree.ts'
import { administer, type CephStore, cephStore, makeUser, withoutCeph } from '#test/s3/ceph-store.ts'
import { Gateway } from '#test/s3/gateway.ts'
import type { ObjectSource, Purpose } from '../object-source.ts'
import { openStorageTarget } from '../open-storage-target.ts'
import { USUAL_PATIENCE } from '../patience.ts'
import { storageContract } from '../storage.contract.ts'
import type { Storage } from '../storage.ts'
import type { S3Target, StorageSecrets } from '../storage-target.ts'
import { testTarget } from '../test-target.ts'
import { S3Connection } from './connection.ts'
import { S3Storage } from './s3-storage.ts'

const HOUR_MS = 3_600_000
const opened: { close(): void }[] = []
afterAll(() => {
  for (const storage of opened) storage.close()
})

describe.skipIf(withoutCeph)('a bucket of a real Ceph', () => {
  let ceph: CephStore
  beforeAll(async () => {
    ceph = await cephStore()
  }, 150_000)

  async function open(target: S3Target, secrets: StorageSecrets = ceph.secrets, patience = USUAL_PATIENCE): Promise<Storage> {
    const storage = await openStorageTarget(target, secrets, { patience, retry: null })
    opened.push(storage)
    return storage
  }

  const clientOf = (credentials: StorageSecrets & { kind: 's3' } = ceph.secrets) => {
    const client = new S3Client({ endpoint: ceph.endpoint, region: 'us-east-1', credentials, forcePathStyle: true })
    opened.push({ close: () => client.destroy() })
    return client
  }

  for (const [bucket, putIfAbsent] of [
    ['plain', 'atomic'],
    ['locked', 'checked'],
  ] as const) {
    storageContract(
      `the bucket ${bucket}`,
      async () => {
        const target = ceph.target(bucket)
        return { storage: await open(target), elsewhere: await open(target), remove: () => {} }
      },
      { leavesUnfinished: false, putIfAbsent },
    )
  }

  test('two hosts with two prefixes in one bucket do not see each other, nor what web consoles leave', async () => {
    const one = ceph.target('plain')
    const [first, second] = [await open(one), await open({ ...one, prefix: `${one.prefix}-2` })]
    await first.put('packs/1', Buffer.from('1'))
    await second.put('packs/2', Buffer.from('2'))
    const client = clientOf()
    await client.send(new PutObjectCommand({ Bucket: 'plain', Key: `${one.prefix}/packs/`, Body: Buffer.alloc(0), ContentLength: 0 }))
    expect(await namesOf(first)).toEqual(['packs/1'])
    expect(await namesOf(second)).toEqual(['packs/2'])
  })

  test('a listing goes on over pages, and what was uploaded in parts and never ended is taken away', async () => {
    const target = ceph.target('plain')
    const storage = await open(target)
    const many = Array.from({ length: 10 }, (_, i) => `marks/${i}`)
    await Promise.all(many.map((name) => storage.put(name, Buffer.from('x'))))
    const paging = new S3Storage(await S3Connection.open(target, ceph.secrets, USUAL_PATIENCE), { pageKeys: 3 })
    opened.push(paging)
    expect(await namesOf(paging)).toEqual(many)
    const client = clientOf()
    const where = { Bucket: target.bucket, Key: `${target.prefix}/packs/parts` }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(where))
    await client.send(new UploadPartCommand({ ...where, UploadId, PartNumber: 1, Body: Buffer.alloc(5_300_000) }))
    expect(await storage.removeUnfinished()).toBe(1)
    expect(await storage.removeUnfinished()).toBe(0)
  })

  test('what cannot be opened says why: keys, bucket, address, plain http, an address that is no store', async () => {
    const target = ceph.target('plain')
    const web = createServer((_, response) => response.end('<html><body>Welcome</body></html>')).listen(0, '127.0.0.1')
    await once(web, 'listening')
    const webPort = (web.address() as AddressInfo).port
    for (const [at, secrets, code, words] of [
      [target, { ...ceph.secrets, secretAccessKey: 'wrong' }, 'storage_refused', 'credentials are refused'],
      [target, { ...ceph.secrets, accessKeyId: 'NOBODY' }, 'storage_refused', 'credentials are refused'],
      [{ ...target, bucket: 'no-such-bucket' }, ceph.secrets, 'storage_missing', 'there is no bucket no-such-bucket'],
      [{ ...target, endpoint: 'http://127.0.0.1:1' }, ceph.secrets, 'storage_unreachable', 'nobody answers'],
      [{ ...target, endpoint: 'https://no-such-host.invalid' }, ceph.secrets, 'storage_unreachable', 'its name is not known'],
      [{ ...target, endpoint: `https://127.0.0.1:${webPort}` }, ceph.secrets, 'storage_refused', 'does not speak TLS'],
      // A page that says 200 to everything is no empty bucket.
      [{ ...target, endpoint: `http://127.0.0.1:${webPort}` }, ceph.secrets, 'storage_missing', 'does not speak S3'],
      [{ ...target, isPlainHttpAllowed: false }, ceph.secrets, 'invalid_input', 'Without TLS'],
      [{ ...target, endpoint: 'http://8.8.8.8' }, ceph.secrets, 'invalid_input', 'plain http is for inside'],
      [{ ...target, endpoint: 'https://169.254.169.254' }, ceph.secrets, 'invalid_input', 'nothing is ever sent'],
      [target, { kind: 'none' }, 'invalid_input', 'access key'],
    ] as const) {
      const error = await open(at, secrets)
        .then((storage) => namesOf(storage))
        .then(
          () => null,
          (thrown: unknown) => thrown as { code: string; message: string; hint: string },
        )
      expect([error?.code, `${error?.message} ${error?.hint}`]).toEqual([code, expect.stringContaining(words)])
    }
    const page = await open({ ...target, endpoint: `http://127.0.0.1:${webPort}` })
    for (const call of [() => page.stat('a'), () => page.get('a'), () => page.replace('a', Buffer.from('a'))])
      await expect(call()).rejects.toMatchObject({ code: 'storage_missing' })
    web.close()
  })

  test("a target is told with what it can do, the store's clock among it", async () => {
    const plain = await testTarget(ceph.target('plain'), ceph.secrets)
    expect(plain.steps.map(({ step, error }) => [step, error])).toEqual(
      ['open', 'write', 'refuse-overwrite', 'read', 'list', 'delete'].map((step) => [step, null]),
    )
    expect(plain).toMatchObject({
      isUsable: true,
      capabilities: { putIfAbsent: 'atomic', versioning: 'off', objectLock: { isOn: false }, canDelete: true, freeBytes: null },
    })
    expect(Math.abs(plain.capabilities!.clockAheadMs!)).toBeLessThan(60_000)
    expect(await testTarget(ceph.target('locked', { objectLock: 'governance' }), ceph.secrets)).toMatchObject({
      isUsable: true,
      capabilities: { putIfAbsent: 'checked', versioning: 'on', objectLock: { isOn: true, defaultMode: null }, canDelete: true },
    })
    expect(await testTarget({ ...ceph.target('plain'), bucket: 'gone' }, ceph.secrets)).toMatchObject({
      isUsable: false,
      steps: [{ step: 'open' }, { step: 'write', error: { code: 'storage_missing' } }],
      capabilities: null,
    })
  })

  test('bytes that are not what they were said to be are refused by the store', async () => {
    const storage = await open(ceph.target('plain'))
    await expect(storage.put('packs/1', Buffer.from('other bytes'), 'a'.repeat(64))).rejects.toMatchObject({ code: 'io_failed' })
    // A file that changes between the look at it and its way.
    const sha256 = createHash('sha256').update('as looked at').digest('hex')
    const changing = async function* (purpose: Purpose) {
      yield Buffer.from(purpose === 'look' ? 'as looked at' : 'as it left..')
    }
    await expect(storage.put('packs/1', { sizeBytes: 12, sha256, pieces: changing })).rejects.toMatchObject({ code: 'io_failed' })
    expect(await storage.stat('packs/1')).toBeNull()
  })

  test('a file is summed up beside what is sent; one that is gone or differs is looked at through its source', async () => {
    const storage = await open(ceph.target('plain'))
    const bytes = noise(5_000_000, 1)
    const folder = mkdtempSync(join(tmpdir(), 'orchive-summed-'))
    writeFileSync(join(folder, 'same'), bytes)
    writeFileSync(join(folder, 'other'), noise(5_000_000, 2))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const asked: [string, Purpose][] = []
    const sourceOf = (name: string): ObjectSource => ({
      ...{ sizeBytes: bytes.length, sha256, file: () => join(folder, name) },
      async *pieces(purpose) {
        asked.push([name, purpose])
        yield bytes
      },
    })
    for (const name of ['same', 'other', 'gone']) {
      const source = sourceOf(name)
      if (name !== 'other') await storage.lookAhead!(source)
      await storage.put(`packs/${name}`, source)
      expect((await storage.get(`packs/${name}`)).equals(bytes)).toBe(true)
    }
    expect(asked).toEqual([
      ['same', 'send-summed'],
      ...['other', 'gone'].flatMap((name) => [[name, 'look'] as const, [name, 'send-summed'] as const]),
    ])
    rmSync(folder, { recursive: true })
  })

  test('an object under a compliance lock survives an attacker who has the credentials of the console', async () => {
    const target = ceph.target('locked', { objectLock: 'compliance' })
    const storage = await open(target)
    const locks = storage.immutability!
    const bytes = Buffer.from('archive')
    const untilMs = Math.ceil((await locks.nowMs()) / 1000) * 1000 + HOUR_MS
    expect(await locks.putLocked('packs/1', bytes, untilMs)).toEqual({ mode: 'compliance', untilMs })
    await expect(locks.putLocked('packs/1', bytes, untilMs)).rejects.toMatchObject({ code: 'object_exists' })
    // Never shortened; longer when asked to.
    expect(await locks.lock('packs/1', untilMs - 60_000)).toEqual({ mode: 'compliance', untilMs })
    expect(await locks.lock('packs/1', untilMs + HOUR_MS)).toEqual({ mode: 'compliance', untilMs: untilMs + HOUR_MS })
    expect(await locks.lockOf('packs/1')).toEqual({ mode: 'compliance', untilMs: untilMs + HOUR_MS })
    await expect(storage.remove('packs/1')).rejects.toMatchObject({ code: 'object_locked' })
    await storage.put('packs/2', Buffer.from('two'))
    expect(await locks.lockOf('packs/2')).toBe(null)

    const attacker = clientOf()
    const where = { Bucket: 'locked', Key: `${target.prefix}/packs/1` }
    const { Versions } = await attacker.send(new ListObjectVersionsCommand({ Bucket: 'locked', Prefix: where.Key }))
    const VersionId = Versions![0]!.VersionId
    for (const attempt of [
      new DeleteObjectCommand({ ...where, VersionId }),
      new DeleteObjectCommand({ ...where, VersionId, BypassGovernanceRetention: true }),
      new PutObjectRetentionCommand({ ...where, VersionId, Retention: { Mode: 'COMPLIANCE', RetainUntilDate: new Date(untilMs) } }),
    ]) {
      await expect(attacker.send(attempt as DeleteObjectCommand)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
    }
    // What is left to an attacker is to hide it.
    await attacker.send(new PutObjectCommand({ ...where, Body: 'ransom' }))
    await attacker.send(new DeleteObjectCommand(where))
    expect(await storage.stat('packs/1')).toBe(null)
    const attempts = await tampering(storage)
    expect(attempts).toMatchObject([
      { name: 'packs/1', kind: 'deleted', isHidden: true },
      { name: 'packs/1', kind: 'overwritten', isHidden: true },
    ])
    expect((await locks.getFirst('packs/1')).equals(bytes)).toBe(true)
    await locks.putBack('packs/1')
    expect((await storage.get('packs/1')).equals(bytes)).toBe(true)
    expect(await locks.lockOf('packs/1')).toEqual({ mode: 'compliance', untilMs: untilMs + HOUR_MS })
    // Told still, under the same ids, and hidden no more.
    expect(await tampering(storage)).toEqual(attempts.map((attempt) => ({ ...attempt, isHidden: false })))
    await locks.putBack('packs/1')
  })

  test('a lock that the store does not take is an error, not a promise', async () => {
    const storage = await open(ceph.target('plain', { objectLock: 'compliance' }))
    const locks = storage.immutability!
    const untilMs = (await locks.nowMs()) + HOUR_MS
    await storage.replace('packs/1', Buffer.from('1'))
    await expect(locks.lock('packs/1', untilMs)).rejects.toMatchObject({
      code: 'storage_refused',
      hint: expect.stringContaining('Object Lock'),
    })
    await expect(locks.putLocked('packs/2', Buffer.from('2'), untilMs)).rejects.toMatchObject({
      code: 'storage_refused',
      hint: expect.stringContaining('Object Lock'),
    })
    await expect(locks.lock('packs/1', (await locks.nowMs()) - 1000)).rejects.toMatchObject({ code: 'invalid_input' })
    const locked = (await open(ceph.target('locked', { objectLock: 'governance' }))).immutability!
    await expect(locked.lock('packs/gone', untilMs)).rejects.toMatchObject({ code: 'object_missing' })
    await expect(locked.getFirst('packs/gone')).rejects.toMatchObject({ code: 'object_missing' })
  })

  test('keys that are revoked in the middle, and a quota that is used up, are said; what was written stays', async () => {
    const user = await makeUser(ceph)
    await administer(ceph, 'quota', 'set', '--quota-scope=user', `--uid=${user.uid}`, '--max-size=100K')
    await administer(ceph, 'quota', 'enable', '--quota-scope=user', `--uid=${user.uid}`)
    const bucket = `bucket-${user.uid}`
    await clientOf(user.secrets).send(new CreateBucketCommand({ Bucket: bucket }))
    const storage = await open({ ...ceph.target('plain'), bucket }, user.secrets)
    await storage.put('packs/1', Buffer.from('1'))
    await expect(storage.put('packs/2', Buffer.alloc(200_000))).rejects.toMatchObject({ code: 'repository_full' })
    expect(String(await storage.get('packs/1'))).toBe('1')
    await administer(ceph, 'user', 'suspend', `--uid=${user.uid}`)
    await expect(storage.get('packs/1')).rejects.toMatchObject({ code: 'storage_refused', retryable: false })
  })

  test('a gateway that freezes is waited for as long as allowed; one that is killed in the middle of puts loses nothing it acknowledged', async () => {
    const gateway = await Gateway.start(ceph)
    try {
      const target = ceph.target('plain', { endpoint: gateway.endpoint })
      const patience = { ...USUAL_PATIENCE }
      const storage = await open(target, ceph.secrets, patience)
      await storage.put('packs/before', Buffer.from('b'))
      gateway.freeze()
      patience.deadlineMs = 300
      await expect(storage.put('packs/frozen', Buffer.alloc(100_000))).rejects.toMatchObject({
        code: 'storage_unreachable',
        retryable: true,
      })
      gateway.thaw()
      patience.deadlineMs = USUAL_PATIENCE.deadlineMs

      const pack = Buffer.alloc(1_000_000, 5)
      const acknowledged: string[] = []
      let isKilled: Promise<void> | null = null
      const lines = Array.from({ length: 4 }, async (_, line) => {
        for (let i = 0; ; i++) {
          const name = `packs/${line}-${i}`
          try {
            await storage.replace(name, pack)
            acknowledged.push(name)
          } catch (error) {
            expect(error).toMatchObject({ code: 'storage_unreachable', retryable: true })
            if (isKilled) return
          }
          if (acknowledged.length >= 6) isKilled ??= gateway.kill()
        }
      })
      await Promise.all(lines)
      await isKilled
      const through = await open(ceph.target('plain', { prefix: target.prefix }))
      for (const name of acknowledged) expect((await through.get(name)).equals(pack)).toBe(true)
      for await (const { sizeBytes, name } of through.list('packs/')) if (/\d-/.test(name)) expect(sizeBytes).toBe(pack.length)
      await gateway.start()
      await storage.put('packs/after', pack)
    } finally {
      await gateway.kill()
    }
  })
})

async function namesOf(storage: Storage): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of storage.list('.')) names.push(name)
  return names.sort()
}

async function tampering(storage: Storage) {
  const found = []
  for await (const attempt of storage.immutability!.listTampering('packs/')) found.push(attempt)
  return found
}
