/** One real Ceph for all tests of a run, booted by the first that asks. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ObjectLockMode, S3Target, StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import { until } from '#test/builders/until.ts'
import { CEPH_FOLDER } from './ceph-folder.ts'

const HERE = dirname(fileURLToPath(import.meta.url))
const run = promisify(execFile)
const BOOT_MS = 120_000
const PORT_TAKEN = 5

/**
 * Why the tests that need an object store are left out: the value of ORCHIVE_TEST_WITHOUT_CEPH, which has to give a reason; null when they run. Without
 * it they fail where Ceph is not installed.
 */
export const withoutCeph = process.env['ORCHIVE_TEST_WITHOUT_CEPH'] || null

/** How to reach the store. */
export interface CephStore {
  folder: string
  endpoint: string
  secrets: StorageSecrets & { kind: 's3' }
  /** A target with a prefix of its own in one of the two buckets. */
  target(bucket: 'plain' | 'locked', options?: { objectLock?: ObjectLockMode; endpoint?: string; prefix?: string }): S3Target
}

let store: Promise<CephStore> | null = null

/** The store of this run. */
export function cephStore(): Promise<CephStore> {
  store ??= boot()
  return store
}

async function boot(): Promise<CephStore> {
  const folder = process.env[CEPH_FOLDER]
  if (!folder) throw new Error(`${CEPH_FOLDER} is not set: test/s3/global-setup.ts did not run.`)
  mkdirSync(folder, { recursive: true })
  const told = join(folder, 'told.json')
  try {
    // The first of the processes of this run boots, the others wait.
    writeFileSync(join(folder, 'boots'), '', { flag: 'wx' })
    await start(folder).catch((error: Error) => writeFileSync(`${told}.part`, JSON.stringify({ failed: error.message })))
    renameSync(`${told}.part`, told)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    await until('the object store of the tests has started', () => existsSync(told), BOOT_MS)
  }
  const env = JSON.parse(readFileSync(told, 'utf8')) as Record<string, string>
  if (env['failed']) throw new Error(env['failed'])
  return storeOf(folder, env)
}

/** Boots on a free range of ports, below those that the kernel gives to connections. */
async function start(folder: string): Promise<void> {
  const data = join(folder, 'ceph')
  for (let base = 12_000 + (process.ppid % 180) * 100, tries = 0; ; base += 100, tries++) {
    try {
      const { stdout } = await run(join(HERE, 'up.sh'), [data, `${base}`], { timeout: BOOT_MS })
      const env = Object.fromEntries(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.split('=', 2)),
      )
      await makeBuckets(storeOf(folder, env))
      writeFileSync(join(folder, 'told.json.part'), JSON.stringify(env))
      return
    } catch (error) {
      const { code, stderr, message } = error as Error & { code?: number; stderr?: string }
      if (code !== PORT_TAKEN || tries === 5) throw new Error(`${stderr || message}\n${HOW_TO_DO_WITHOUT}`)
    }
  }
}

const HOW_TO_DO_WITHOUT =
  'The tests of object stores need Ceph. `npm test` installs it as root on Debian. Where that cannot be, ORCHIVE_TEST_WITHOUT_CEPH="reason" leaves them out.'

function storeOf(folder: string, env: Record<string, string>): CephStore {
  const endpoint = env['S3_ENDPOINT']!
  return {
    folder: join(folder, 'ceph'),
    endpoint,
    secrets: { kind: 's3', accessKeyId: env['S3_ACCESS_KEY_ID']!, secretAccessKey: env['S3_SECRET_ACCESS_KEY']! },
    target: (bucket, options = {}) => ({
      kind: 's3',
      endpoint: options.endpoint ?? endpoint,
      region: env['S3_REGION']!,
      bucket,
      prefix: options.prefix ?? `test-${randomBytes(6).toString('hex')}`,
      objectLock: options.objectLock ?? null,
      isPlainHttpAllowed: true,
    }),
  }
}

async function makeBuckets({ endpoint, secrets }: CephStore): Promise<void> {
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3')
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials: secrets, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: 'plain' }))
  await client.send(new CreateBucketCommand({ Bucket: 'locked', ObjectLockEnabledForBucket: true }))
  client.destroy()
}

/** Runs `radosgw-admin` of the store and gives what it answers. */
export async function administer({ folder }: CephStore, ...args: string[]): Promise<unknown> {
  const { stdout } = await run('radosgw-admin', ['-c', join(folder, 'ceph.conf'), ...args])
  return stdout.trim() === '' ? null : JSON.parse(stdout)
}

/** Another user of the store, with keys of its own. */
export async function makeUser(store: CephStore): Promise<{ uid: string; secrets: StorageSecrets & { kind: 's3' } }> {
  const uid = `user-${randomBytes(6).toString('hex')}`
  const made = (await administer(store, 'user', 'create', `--uid=${uid}`, `--display-name=${uid}`)) as {
    keys: [{ access_key: string; secret_key: string }]
  }
  return { uid, secrets: { kind: 's3', accessKeyId: made.keys[0].access_key, secretAccessKey: made.keys[0].secret_key } }
}
