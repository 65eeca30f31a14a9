import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { canMount, Mounts } from '#test/builders/mounts.ts'
import { type PasswordServer, startPasswordServer } from '#test/builders/password-server.ts'
import { type RunningSshd, startSshd } from '#test/builders/start-sshd.ts'
import { TcpProxy } from '#test/builders/tcp-proxy.ts'
import { openStorageTarget } from '../open-storage-target.ts'
import { USUAL_PATIENCE } from '../patience.ts'
import { storageContract } from '../storage.contract.ts'
import type { Storage } from '../storage.ts'
import { testTarget } from '../test-target.ts'

let sshd: RunningSshd
let proxy: TcpProxy
beforeAll(async () => {
  sshd = await startSshd()
  proxy = await TcpProxy.to(sshd.port)
})
afterAll(async () => {
  await proxy.stop()
  await sshd.stop()
})

const newFolder = () => mkdtempSync(join(sshd.folder, 'repository-'))
const files = (at: string) => readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())

storageContract('a folder behind a real OpenSSH server', async () => {
  const target = sshd.target(newFolder())
  return {
    storage: await openStorageTarget(target, sshd.secrets, { retry: null }),
    elsewhere: await openStorageTarget(target, sshd.secrets, { retry: null }),
    remove: () => rmSync(target.path, { recursive: true }),
  }
})

let folder: string
const mounts = new Mounts()
const opened: Storage[] = []
beforeEach(() => {
  folder = newFolder()
})
afterEach(() => {
  for (const storage of opened.splice(0)) storage.close()
  mounts.unmountAll()
})

async function open(path = folder, port = sshd.port, patience = USUAL_PATIENCE): Promise<Storage> {
  const storage = await openStorageTarget(sshd.target(path, port), sshd.secrets, { patience, retry: null })
  opened.push(storage)
  return storage
}

test('a server without the extensions of OpenSSH never has an object overwritten either, and nothing is left over', async () => {
  const storage = await open(folder, sshd.limitedPort)
  await storage.put('packs/aa/1', Buffer.from('one'))
  await expect(storage.put('packs/aa/1', Buffer.from('two'))).rejects.toMatchObject({ code: 'object_exists' })
  const writer = await storage.create()
  await writer.append(Buffer.from('two'))
  expect(await writer.commit('packs/aa/1')).toBe(false)
  await storage.replace('locks/writer', Buffer.from('1'))
  await storage.replace('locks/writer', Buffer.from('22'))
  expect(String(await storage.get('locks/writer'))).toBe('22')
  await storage.put('packs/aa/2', Buffer.from('two'))
  await expect(storage.move('packs/aa/2', 'packs/aa/1')).rejects.toMatchObject({ code: 'object_exists' })
  await storage.move('packs/aa/2', 'trash/2')
  // A folder that somebody took away is made again.
  rmSync(join(folder, 'trash'), { recursive: true })
  await storage.put('trash/2', Buffer.from('two'))
  expect(await storage.freeBytes()).toBe(null)
  expect(String(await storage.get('packs/aa/1'))).toBe('one')
  expect(
    files(folder)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['1', '2', 'writer'])
})

test('on first contact the key of the host is told and not trusted; another key than the confirmed one ends it', async () => {
  const target = sshd.target(folder)
  const report = await testTarget({ ...target, hostKeyFingerprint: null }, sshd.secrets)
  expect(report).toMatchObject({ isUsable: false, capabilities: null })
  expect(report.steps).toMatchObject([
    {
      step: 'open',
      error: { code: 'host_key_unconfirmed', context: { fingerprint: sshd.fingerprint, keyType: 'ssh-ed25519', expected: null } },
    },
  ])
  await expect(openStorageTarget({ ...target, hostKeyFingerprint: `SHA256:${'A'.repeat(43)}` }, sshd.secrets)).rejects.toMatchObject({
    code: 'host_key_unconfirmed',
    message: expect.stringContaining(`${sshd.fingerprint}, not SHA256:AAA`),
  })
})

test('the account of docs/replicas/sshd_config adds and reads, and removes, renames and replaces nothing', async () => {
  const recipe = readFileSync('docs/replicas/sshd_config', 'utf8')
  const config = join(sshd.folder, 'recipe')
  writeFileSync(config, `HostKey ${join(sshd.folder, 'host')}\n${recipe}`)
  execFileSync('/usr/sbin/sshd', ['-t', '-f', config])
  const server = await startSshd({ limited: /ForceCommand (.*)/.exec(recipe)![1]! })
  try {
    const storage = await openStorageTarget(server.target(folder, server.limitedPort), server.secrets)
    opened.push(storage)
    await storage.put('packs/1', Buffer.from('one'))
    const writer = await storage.create()
    await writer.append(Buffer.from('two'))
    expect(await writer.commit('packs/2')).toBe(true)
    const readOnly = { code: 'repository_read_only' }
    await expect(storage.remove('packs/1')).rejects.toMatchObject(readOnly)
    await expect(storage.move('packs/1', 'trash/1')).rejects.toMatchObject(readOnly)
    await expect(storage.replace('packs/1', Buffer.from('x'))).rejects.toMatchObject(readOnly)
    expect(String(await storage.get('packs/1'))).toBe('one')
    expect(String(await storage.get('packs/2'))).toBe('two')
  } finally {
    await server.stop()
  }
})

test('a target that works is told with what it can do', async () => {
  const report = await testTarget(sshd.target(folder), sshd.secrets)
  expect(report.steps.map(({ step, error }) => [step, error])).toEqual(
    ['open', 'write', 'refuse-overwrite', 'read', 'list', 'delete'].map((step) => [step, null]),
  )
  expect(report).toMatchObject({ isUsable: true, capabilities: { putIfAbsent: 'atomic', versioning: 'off', canDelete: true } })
  expect(Math.abs(report.capabilities!.clockAheadMs!)).toBeLessThan(60_000)
  expect(report.capabilities!.freeBytes).toBeGreaterThan(0)
  expect(files(folder)).toEqual([])
})

test('a password opens a server that asks for one, plainly or by prompts; a wrong one is refused', async () => {
  const server: PasswordServer = await startPasswordServer('s3cret')
  try {
    const target = { ...sshd.target(folder, server.port), hostKeyFingerprint: server.fingerprint }
    for (const method of ['password', 'keyboard-interactive'] as const) {
      server.method = method
      const storage = await openStorageTarget(target, { kind: 'password', password: 's3cret' })
      opened.push(storage)
      await storage.put(`by-${method}`, Buffer.from('x'))
      await expect(openStorageTarget(target, { kind: 'password', password: 'wrong' })).rejects.toMatchObject({
        code: 'storage_refused',
        retryable: false,
      })
    }
    expect(files(folder).map(({ name }) => name)).toEqual(['by-keyboard-interactive', 'by-password'])
  } finally {
    await server.stop()
  }
})

test('what cannot be opened says why: key, folder, port, kind of secret', async () => {
  const target = sshd.target(folder)
  const key = sshd.secrets
  const closed = await TcpProxy.to(1)
  await closed.stop()
  for (const [at, secrets, code] of [
    [{ ...target, user: 'nobody-of-that-name' }, key, 'storage_refused'],
    [target, { kind: 'private-key', privateKey: 'no key' }, 'storage_refused'],
    [target, { kind: 'none' }, 'invalid_input'],
    [{ ...target, path: join(folder, 'gone') }, key, 'storage_missing'],
    [{ ...target, port: closed.port }, key, 'storage_unreachable'],
    [{ ...target, host: 'no-such-host.invalid' }, key, 'storage_unreachable'],
    [{ ...target, host: '169.254.169.254' }, key, 'invalid_input'],
  ] as const) {
    await expect(openStorageTarget(at, secrets), code).rejects.toMatchObject({ code })
  }
})

test('a connection that drops in the middle of a pack fails that pack, leaves nothing under its name, and is made again', async () => {
  const storage = await open(folder, proxy.port)
  const pack = Buffer.alloc(4_000_000, 7)
  proxy.cutAfter(1_000_000)
  await expect(storage.put('packs/1', pack)).rejects.toMatchObject({ code: 'storage_unreachable', retryable: true })
  expect(await storage.stat('packs/1')).toBe(null)
  await storage.put('packs/1', pack)
  proxy.cutAfter(1_000_000)
  await expect(storage.get('packs/1')).rejects.toMatchObject({ code: 'storage_unreachable' })
  expect((await storage.get('packs/1')).equals(pack)).toBe(true)
  // Reading on after a drop opens the file again.
  expect((await storage.read('packs/1', 10, 5)).length).toBe(5)
  proxy.cut()
  await storage.read('packs/1', 10, 5).catch(() => {})
  expect((await storage.read('packs/1', 10, 5)).equals(pack.subarray(10, 15))).toBe(true)
  const writer = await storage.create()
  await writer.append(pack)
  proxy.cut()
  await expect(writer.append(pack)).rejects.toMatchObject({ code: 'storage_unreachable' })
  await writer.abort()
  // What was begun is taken away on the next connection.
  expect(files(folder).map(({ name }) => name)).toEqual(['1'])
})

test('a server that no longer answers is waited for as long as allowed, and no longer', async () => {
  const patience = { ...USUAL_PATIENCE }
  const storage = await open(folder, proxy.port, patience)
  proxy.stall()
  // Little only while nothing can come: a busy machine is no silent server.
  Object.assign(patience, { connectMs: 200, deadlineMs: 200 })
  await expect(storage.put('a', Buffer.from('a'))).rejects.toMatchObject({ code: 'storage_unreachable' })
  await expect(storage.stat('a')).rejects.toMatchObject({ code: 'storage_unreachable' })
  proxy.resume()
  proxy.cut()
  Object.assign(patience, USUAL_PATIENCE)
  await storage.put('b', Buffer.from('b'))
  expect(String(await storage.get('b'))).toBe('b')
})

test.skipIf(!canMount())('a full disk there is said to be full, and room that comes back is used', async () => {
  const disk = join(folder, 'disk')
  mounts.mountSmallDisk(disk, '1M')
  mkdirSync(join(disk, 'r'))
  const storage = await open(join(disk, 'r'))
  const full = { code: 'repository_full', message: expect.stringContaining('manifests/a') }
  await expect(storage.put('manifests/a', Buffer.alloc(1_500_000))).rejects.toMatchObject(full)
  await storage.put('manifests/a', Buffer.alloc(500_000))
  expect(files(disk).map(({ name }) => name)).toEqual(['a'])
})
