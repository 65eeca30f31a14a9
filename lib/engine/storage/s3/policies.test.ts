import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreateBucketCommand, DeleteObjectCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CephStore, cephStore, makeUser, withoutCeph } from '#test/s3/ceph-store.ts'
import { openStorageTarget } from '../open-storage-target.ts'
import type { Storage } from '../storage.ts'
import type { S3Target, StorageSecrets } from '../storage-target.ts'
import { testTarget } from '../test-target.ts'

interface Policy {
  Version: string
  Statement: { Effect: string; Action: string[]; Resource: string; Principal?: unknown }[]
}

/** A policy file of the docs for a bucket and a prefix. */
function policyOf(file: string, bucket: string, prefix: string): Policy {
  const text = readFileSync(join('docs/replicas', file), 'utf8')
  return JSON.parse(text.replaceAll('BUCKET', bucket).replaceAll('PREFIX', prefix)) as Policy
}

describe.skipIf(withoutCeph)('the policy files of the docs, given to users of a real Ceph', () => {
  let ceph: CephStore
  let owner: S3Client
  let host: { uid: string; secrets: StorageSecrets & { kind: 's3' } }
  let bucket: string
  const opened: Storage[] = []
  beforeAll(async () => {
    ceph = await cephStore()
    host = await makeUser(ceph)
  }, 150_000)
  beforeEach(async () => {
    owner = clientOf(ceph.secrets)
    bucket = `policies-${Math.random().toString(36).slice(2)}`
    await owner.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }))
  })
  afterEach(() => {
    owner.destroy()
    for (const storage of opened.splice(0)) storage.close()
  })

  const clientOf = (credentials: StorageSecrets & { kind: 's3' }) =>
    new S3Client({ endpoint: ceph.endpoint, region: 'us-east-1', credentials, forcePathStyle: true })
  const targetOf = (prefix: string): S3Target => ({ ...ceph.target('locked', { objectLock: 'governance', prefix }), bucket })
  const open = async (prefix: string, secrets: StorageSecrets = host.secrets) => {
    const storage = await openStorageTarget(targetOf(prefix), secrets, { retry: null })
    opened.push(storage)
    return storage
  }
  /** As the bucket's own policy, for the host's user: Ceph has these for users of other accounts, AWS and MinIO attach the file to the user. */
  const attach = async (...files: string[]) => {
    const policies = files.map((file) => policyOf(file, bucket, 'hosts/alpha'))
    const Statement = policies.flatMap((policy) =>
      policy.Statement.map((one) => ({ ...one, Principal: { AWS: [`arn:aws:iam:::user/${host.uid}`] } })),
    )
    await owner.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify({ Version: policies[0]!.Version, Statement }) }))
  }

  test('append-only: objects are added, locked, read and listed, below the own prefix; nothing is removed', async () => {
    await attach('s3-append-only.json')
    const storage = await open('hosts/alpha')
    const locks = storage.immutability!
    const untilMs = (await locks.nowMs()) + 3_600_000
    await locks.putLocked('packs/1', Buffer.from('one'), untilMs)
    await storage.put('packs/2', Buffer.from('two'))
    await expect(storage.put('packs/2', Buffer.from('other'))).rejects.toMatchObject({ code: 'object_exists' })
    expect(String(await storage.get('packs/1'))).toBe('one')
    expect(await storage.stat('packs/3')).toBe(null)
    await expect(storage.get('packs/3')).rejects.toMatchObject({ code: 'object_missing' })
    await expect(storage.remove('packs/1')).rejects.toMatchObject({ code: 'object_locked' })
    await expect(storage.remove('packs/2')).rejects.toMatchObject({
      code: 'storage_refused',
      hint: expect.stringContaining('docs/replicas'),
    })
    const attacker = clientOf(host.secrets)
    const where = { Bucket: bucket, Key: 'hosts/alpha/packs/2' }
    await expect(attacker.send(new DeleteObjectCommand(where))).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
    // Writing over is the one thing left: it makes a version, is seen, and put right with the same few rights.
    await attacker.send(new PutObjectCommand({ ...where, Body: Buffer.from('ransom') }))
    attacker.destroy()
    const attempts = []
    for await (const attempt of locks.listTampering('packs/')) attempts.push(attempt)
    expect(attempts).toMatchObject([{ name: 'packs/2', kind: 'overwritten', isHidden: true }])
    await locks.putBack('packs/2')
    expect(String(await storage.get('packs/2'))).toBe('two')

    expect(await testTarget(targetOf('hosts/alpha'), host.secrets)).toMatchObject({
      isUsable: true,
      capabilities: { versioning: 'on', objectLock: { isOn: true }, canDelete: false },
    })
    const others = await open('hosts/beta')
    await expect(others.put('packs/1', Buffer.from('x'))).rejects.toMatchObject({ code: 'storage_refused' })
    await expect(others.list('packs/')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'storage_refused' })
  })

  test('with prune: what no lock holds is removed, with all its versions; what one holds is not', async () => {
    await attach('s3-append-only.json', 's3-prune.json')
    const storage = await open('hosts/alpha')
    const locks = storage.immutability!
    await locks.putLocked('packs/1', Buffer.from('one'), (await locks.nowMs()) + 3_600_000)
    await storage.put('packs/2', Buffer.from('two'))
    await storage.replace('packs/2', Buffer.from('2'))
    await storage.remove('packs/2')
    await expect(locks.getFirst('packs/2')).rejects.toMatchObject({ code: 'object_missing' })
    await expect(storage.remove('packs/1')).rejects.toMatchObject({ code: 'object_locked' })
  })

  test('read-only: a console reads the copies of all hosts and writes nothing', async () => {
    await (await open('hosts/alpha', ceph.secrets)).put('packs/1', Buffer.from('one'))
    await attach('s3-read-only.json')
    const storage = await open('hosts/alpha')
    expect(String(await storage.get('packs/1'))).toBe('one')
    for (const call of [
      () => storage.put('packs/2', Buffer.from('2')),
      () => storage.replace('packs/1', Buffer.from('2')),
      () => storage.remove('packs/1'),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'storage_refused' })
  })
})
