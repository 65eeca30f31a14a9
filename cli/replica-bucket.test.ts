/** Copies in a real bucket with object lock: an attacker with the keys of the console, then a host that burns down. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MigrationReport } from '#lib/contracts/migration.ts'
import type { Replica } from '#lib/contracts/replica.ts'
import type { RepositoryKeys } from '#lib/contracts/repository-keys.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { type CephStore, cephStore, withoutCeph } from '#test/s3/ceph-store.ts'

/** Every file below a folder with the hash of its content. */
function treeOf(folder: string): Record<string, string> {
  const tree: Record<string, string> = {}
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort())
    if (statSync(join(folder, name)).isFile())
      tree[name] = createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex')
  return tree
}

describe.skipIf(withoutCeph)('a replica of an encrypted repository in a bucket of a real Ceph', () => {
  let ceph: CephStore
  let bench: Bench
  let place: string[]
  let copyAt = 'burnt'
  const placeAt = (at: string) => {
    const { bucket, endpoint } = ceph.target('locked')
    return ['--s3', `s3://${bucket}/${at}`, '--endpoint', endpoint!, '--plain-http', '--secrets', join(bench.folder, 'keys.json')]
  }
  const names = async (prefix: string) => {
    const { openStorageTarget } = await import('#lib/engine/storage/open-storage-target.ts')
    const storage = await openStorageTarget({ ...ceph.target('locked'), prefix: copyAt }, ceph.secrets)
    const found: string[] = []
    for await (const { name } of storage.list(prefix)) found.push(name)
    storage.close()
    return found
  }

  beforeAll(async () => {
    ceph = await cephStore()
    bench = await makeBench({ isQuick: true, packs: 8, logs: 2, isSealed: true })
    writeFileSync(join(bench.folder, 'keys.json'), JSON.stringify(ceph.secrets), { mode: 0o600 })
    place = placeAt(copyAt)
    await bench.run('backup')
    await bench.run('home', 'copy')
  }, 180_000)
  afterAll(() => bench?.remove())

  test('what an attacker deletes and overwrites is put back and told; the burnt host comes back from the bucket alone, byte for byte', async () => {
    const added = await bench.run('replica', 'add', 'vault', ...place, '--object-lock', 'governance', '--lock-days', '1')
    expect([added.code, added.stderr]).toEqual([0, ''])
    expect((await bench.run('replica', 'test', 'vault')).code).toBe(0)
    const first = await bench.run('replica', 'sync', 'vault')
    expect([first.code, first.stderr]).toEqual([0, expect.anything()])
    const shown = (await bench.run('replica', 'show', 'vault', '--json')).json as { state: { lockedUntil: string } }
    expect(Date.parse(shown.state.lockedUntil) - Date.now()).toBeGreaterThan(86_400_000)

    const client = new S3Client({ endpoint: ceph.endpoint, region: 'us-east-1', credentials: ceph.secrets, forcePathStyle: true })
    const { bucket } = ceph.target('locked')
    const [manifest] = await names('manifests/')
    const [pack] = (await names('packs/')).filter((name) => name.endsWith('.pack'))
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `burnt/${manifest}` }))
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `burnt/${pack}`, Body: 'encrypted by somebody' }))
    client.destroy()
    const answered = await bench.run('replica', 'sync', 'vault')
    expect([answered.code, answered.stderr]).toEqual([3, expect.stringContaining('Somebody deleted or overwrote')])
    expect(await names('manifests/')).toContain(manifest)
    expect((await bench.run('replica', 'verify', 'vault')).code).toBe(0)
    const file = await bench.run('cat', 'latest', 'orchestrator_config.json', '--from-replica', 'vault')
    expect(file.code).toBe(0)
    const fromThere = join(bench.folder, 'from-there')
    for (const argv of [
      ['verify', 'latest', '--from-replica', 'vault'],
      ['restore', 'latest', '--target', fromThere, '--from-replica', 'vault'],
    ]) {
      const ran = await bench.run(...argv)
      expect([ran.code, ran.stderr], argv.join(' ')).toEqual([0, expect.anything()])
    }
    expect(readFileSync(join(fromThere, 'orchestrator_config.json'))).toEqual(readFileSync(bench.workspace.configPath))

    // A pack is gone here, and what it held is live nowhere any more.
    const here = join(bench.home, 'repository')
    const [lost] = readdirSync(join(here, 'packs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pack'))
    rmSync(join(here, 'packs', lost!))
    renameSync(bench.workspace.root, join(bench.folder, 'away'))
    const healed = await bench.run('repository', 'heal')
    expect([healed.code, healed.stderr]).toEqual([0, expect.anything()])
    renameSync(join(bench.folder, 'away'), bench.workspace.root)
    expect((await bench.run('verify', '--all')).code).toBe(0)

    // The repository gets other keys: the copy goes on beside the old one, locked as before, and not an object of the old one goes.
    const old = await names('.')
    const rotated = join(bench.folder, 'rotated')
    const keyed = ['--switch', '--passphrase-file', bench.passphraseFile!, '--json']
    const migrated = await bench.run('repository', 'migrate', rotated, ...keyed)
    const { toId, replicas } = migrated.json as MigrationReport
    const beside = `burnt-${toId.slice(5, 13)}`
    expect([migrated.code, replicas]).toEqual([
      0,
      [{ name: 'vault', from: expect.anything(), to: expect.stringContaining(beside), why: null }],
    ])
    await bench.run('home', 'copy')
    expect((await bench.run('replica', 'sync', 'vault')).code).toBe(0)
    expect((await bench.run('replica', 'verify', 'vault')).code).toBe(0)
    expect(((await bench.run('replica', 'show', 'vault', '--json')).json as Replica).state.lockedUntil).not.toBeNull()
    expect(await names('.')).toEqual(old)
    copyAt = beside
    place = placeAt(copyAt)

    // Everything is deleted before the host burns: locks keep the first version of each object.
    const last = new S3Client({ endpoint: ceph.endpoint, region: 'us-east-1', credentials: ceph.secrets, forcePathStyle: true })
    for (const name of await names('.')) await last.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${copyAt}/${name}` }))
    last.destroy()
    expect(await names('.')).toEqual([])
    const before = treeOf(bench.workspace.root)
    for (const folder of [bench.home, rotated, bench.workspace.root]) rmSync(folder, { recursive: true })
    const home = join(bench.folder, 'new-home')
    const lock = ['--object-lock', 'governance', '--passphrase-file', bench.passphraseFile]
    const console = await bench.run('--home', home, 'home', 'restore', ...place, ...lock)
    expect([console.code, console.stderr]).toEqual([0, ''])
    const recovered = await bench.run('--home', home, 'recover', 'host', ...place, ...lock, '--root', bench.workspace.root, '--yes')
    expect([recovered.code, recovered.stderr]).toEqual([0, expect.anything()])
    const after = treeOf(bench.workspace.root)
    // What no item covers is in no archive.
    for (const [name, sha256] of Object.entries(after).filter(([name]) => !name.startsWith('.orchive-restore-')))
      expect([name, before[name]]).toEqual([name, sha256])
    expect(Object.keys(after).length).toBeGreaterThan(8)
    expect((await bench.run('--home', home, 'backup')).code).toBe(0)
    // The new host's own repository is encrypted as the copy was, and the same passphrase opens it.
    const { isEncrypted, slots } = (await bench.run('--home', home, 'repository', 'key', 'list', '--json')).json as RepositoryKeys
    expect([isEncrypted, slots.map(({ kind }) => kind).sort()]).toEqual([true, ['key', 'key', 'passphrase']])
    expect(recovered.stdout).toContain('orchive-key-1 ')
  }, 240_000)
})
