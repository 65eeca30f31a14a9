/**
 * The windows beside those of restic: random histories become snapshots of one restic repository, each history a host of its own, and
 * `restic forget --dry-run` says which it would keep. The snapshots are written straight into the repository, since taking thousands takes minutes.
 */
import { execFileSync } from 'node:child_process'
import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planRetention } from './plan-retention.ts'
import type { RetentionPolicy } from './policy.ts'
import { archiveAt, only } from './testing.ts'

const hasRestic = (() => {
  try {
    execFileSync('restic', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

const MINUTE_MS = 60_000
const NOW = Date.parse('2024-03-01T12:00:00Z')
const HOSTS = 60
const POLICIES: [RetentionPolicy, string[]][] = [
  [
    only({ dailyDays: 30, weeklyWeeks: 12, monthlyMonths: 12 }),
    ['--keep-within-daily=30d', '--keep-within-weekly=84d', '--keep-within-monthly=12m'],
  ],
  [only({ keepLast: 3, dailyDays: 7, yearlyYears: 2 }), ['--keep-last=3', '--keep-within-daily=7d', '--keep-within-yearly=2y']],
]

// Where restic is not installed there is nothing to compare with.
test.skipIf(!hasRestic)('random histories keep what `restic forget --keep-within-…` keeps', { timeout: 120_000 }, () => {
  const seed = Date.now() % 1_000_000
  const gap = fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 600, max: 4_000 }), fc.integer({ min: 4_000, max: 60_000 }))
  const histories = fc.sample(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.array(gap, { minLength: 1, maxLength: 60 })), {
    seed,
    numRuns: HOSTS,
  })
  const times = histories.map(([start, gaps]) => {
    let at = NOW - start * MINUTE_MS
    return gaps.map((minutes) => (at -= minutes * MINUTE_MS))
  })
  const repository = new ResticRepository()
  try {
    for (const [host, moments] of times.entries()) for (const at of moments) repository.addSnapshot(`host-${host}`, at)
    for (const [policy, options] of POLICIES) {
      const kept = repository.keptBy(options)
      for (const [host, moments] of times.entries()) {
        const archives = moments.map((at, i) => archiveAt(i + 1, at))
        const plan = planRetention({ workspaceId: 'ws_1', archives, policy, timeZone: 'UTC', nowMs: NOW })
        const ours = plan.archives.filter(({ keep }) => keep).map(({ createdAtMs }) => createdAtMs)
        expect(ours, `seed ${seed}, host ${host}, ${options.join(' ')}`).toEqual(kept.get(`host-${host}`)!.toSorted((a, b) => b - a))
      }
    }
  } finally {
    repository.remove()
  }
})

/** A repository of restic's format 1: objects are AES-256-CTR with a Poly1305-AES tag (doc/design.rst, “Keys, Encryption and MAC”). */
class ResticRepository {
  private readonly folder = mkdtempSync(join(tmpdir(), 'orchive-restic-'))
  private readonly env = {
    ...process.env,
    RESTIC_PASSWORD: 'secret',
    RESTIC_REPOSITORY: this.folder,
    RESTIC_CACHE_DIR: join(this.folder, 'cache'),
    TZ: 'UTC',
  }
  private readonly key: { encrypt: Buffer; mac: { k: Buffer; r: Buffer } }

  constructor() {
    execFileSync('restic', ['init', '--repository-version=1', '--quiet'], { env: this.env })
    const [name] = readdirSync(join(this.folder, 'keys'))
    const stored = JSON.parse(readFileSync(join(this.folder, 'keys', name!), 'utf8')) as {
      N: number
      r: number
      p: number
      salt: string
      data: string
    }
    const { N, r, p } = stored
    const derived = scryptSync('secret', Buffer.from(stored.salt, 'base64'), 64, { N, r, p, maxmem: 256 * N * r })
    const sealed = Buffer.from(stored.data, 'base64')
    const open = createDecipheriv('aes-256-ctr', derived.subarray(0, 32), sealed.subarray(0, 16))
    const master = JSON.parse(open.update(sealed.subarray(16, -16)).toString()) as { encrypt: string; mac: { k: string; r: string } }
    const bytes = (text: string) => Buffer.from(text, 'base64')
    this.key = { encrypt: bytes(master.encrypt), mac: { k: bytes(master.mac.k), r: bytes(master.mac.r) } }
  }

  addSnapshot(hostname: string, atMs: number): void {
    const snapshot = { time: new Date(atMs).toISOString(), tree: '0'.repeat(64), paths: ['/data'], hostname }
    const nonce = randomBytes(16)
    const cipher = createCipheriv('aes-256-ctr', this.key.encrypt, nonce)
    const text = cipher.update(JSON.stringify(snapshot))
    const object = Buffer.concat([nonce, text, poly1305(text, nonce, this.key.mac)])
    writeFileSync(join(this.folder, 'snapshots', createHash('sha256').update(object).digest('hex')), object)
  }

  /** Times that a policy keeps, by host. */
  keptBy(options: string[]): Map<string, number[]> {
    const printed = execFileSync('restic', ['forget', '--dry-run', '--json', '--group-by=host', '--no-lock', ...options], {
      env: this.env,
      maxBuffer: 1 << 28,
    })
    const groups = JSON.parse(printed.toString()) as { host: string; keep: { time: string }[] }[]
    return new Map(groups.map(({ host, keep }) => [host, keep.map(({ time }) => Date.parse(time))]))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Poly1305-AES over a message, as D. J. Bernstein's paper of 2005 has it; numbers are little-endian. */
function poly1305(message: Buffer, nonce: Buffer, { k, r }: { k: Buffer; r: Buffer }): Buffer {
  const aes = createCipheriv('aes-128-ecb', k, null).setAutoPadding(false)
  const numberOf = (bytes: Buffer) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`)
  const prime = (1n << 130n) - 5n
  const clamped = numberOf(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let at = 0; at < message.length; at += 16) {
    sum = ((sum + numberOf(Buffer.concat([message.subarray(at, at + 16), Buffer.from([1])]))) * clamped) % prime
  }
  const tag = (sum + numberOf(aes.update(nonce))) & ((1n << 128n) - 1n)
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse()
}
