/** Copies on a real OpenSSH server: a stranger's key is refused, a copy that broke is mended, a burnt host comes back from there. */
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MigrationReport } from '#lib/contracts/migration.ts'
import { expectEqualTrees, readTree } from '#test/builders/random-tree.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { type RunningSshd, startSshd } from '#test/builders/start-sshd.ts'

let sshd: RunningSshd
let bench: Bench
beforeAll(async () => {
  sshd = await startSshd()
  bench = await makeBench({ isQuick: true, packs: 4, logs: 2 })
})
afterAll(async () => {
  bench?.remove()
  await sshd?.stop()
})

const seen = () => readTree(Buffer.from(bench.workspace.root)).filter(({ path }) => !path.startsWith('.orchive-restore-'))

test('a host is copied over SFTP, its copy is mended and goes on beside its place once the repository is encrypted, and when it burnt it comes back from that server alone', async () => {
  const copy = join(sshd.folder, 'copies')
  const keys = join(bench.folder, 'keys.json')
  writeFileSync(keys, JSON.stringify(sshd.secrets), { mode: 0o600 })
  const user = userInfo().username
  const placeAt = (path: string) => `sftp://${user}@127.0.0.1:${sshd.port}${path}`
  const place = ['--sftp', `${user}@127.0.0.1:${sshd.port}${copy}`, '--secrets', keys]
  expect((await bench.run('backup')).code).toBe(0)

  const stranger = [...place, '--fingerprint', `SHA256:${'A'.repeat(43)}`]
  const tried = await bench.run('replica', 'add', 'nas', ...stranger)
  expect([tried.code, tried.stderr]).toEqual([1, expect.stringContaining(`Nothing was added: `)])
  expect((await bench.run('replica', 'add', 'nas', ...stranger, '--no-test')).code).toBe(0)
  for (const verb of ['test', 'sync']) {
    const refused = await bench.run('replica', verb, 'nas')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(sshd.fingerprint)
    expect(refused.stderr).not.toContain('PRIVATE KEY')
  }
  expect(existsSync(copy)).toBe(false)

  const pinned = [...place, '--fingerprint', sshd.fingerprint]
  const changed = await bench.run('replica', 'change', 'nas', ...pinned)
  expect([changed.code, changed.stderr]).toEqual([0, ''])
  expect((await bench.run('replica', 'sync', 'nas')).code).toBe(0)
  const packs = readdirSync(copy, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pack'))
  for (const name of packs) expect(readFileSync(join(copy, name))).toEqual(readFileSync(join(bench.home, 'repository', name)))

  truncateSync(join(copy, packs[0]!), 10)
  expect((await bench.run('replica', 'sync', 'nas')).code).toBe(3)
  expect((await bench.run('replica', 'verify', 'nas')).code).toBe(0)
  expect((await bench.run('cat', 'latest', 'orchestrator_config.json', '--from-replica', 'nas')).code).toBe(0)

  // Another repository takes over, encrypted: the copy goes on beside the old one, of which not a byte changes.
  const old = readTree(Buffer.from(copy))
  const sealed = join(bench.folder, 'sealed')
  const migrated = await bench.run('repository', 'migrate', sealed, '--encrypt', '--switch', '--json')
  const { recoveryKey, toId, replicas } = migrated.json as MigrationReport & { recoveryKey: string }
  const beside = `${copy}-${toId.slice(5, 13)}`
  expect([migrated.code, replicas]).toEqual([0, [{ name: 'nas', from: placeAt(copy), to: placeAt(beside), why: null }]])
  expect((await bench.run('replica', 'sync', 'nas')).code).toBe(0)
  expect((await bench.run('replica', 'verify', 'nas')).code).toBe(0)
  expectEqualTrees(readTree(Buffer.from(copy)), old)
  const opens = join(bench.folder, 'recovery.key')
  writeFileSync(opens, recoveryKey, { mode: 0o600 })

  const before = seen()
  rmSync(sealed, { recursive: true })
  rmSync(copy, { recursive: true })
  rmSync(bench.home, { recursive: true })
  rmSync(bench.workspace.root, { recursive: true })
  const home = join(bench.folder, 'new-home')
  const there = ['--sftp', `${user}@127.0.0.1:${sshd.port}${beside}`, ...pinned.slice(2), '--key-file', opens]
  const recovered = await bench.run('--home', home, 'recover', 'host', ...there, '--root', bench.workspace.root, '--yes')
  expect([recovered.code, recovered.stderr]).toEqual([0, expect.anything()])
  const names = new Set(seen().map(({ path }) => path))
  // What no item covers is in no archive.
  expectEqualTrees(
    seen(),
    before.filter(({ path }) => names.has(path)),
  )
  expect(names.size).toBeGreaterThan(8)
  expect((await bench.run('--home', home, 'backup')).code).toBe(0)
})
