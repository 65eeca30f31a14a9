import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { canMount, Mounts } from '#test/builders/mounts.ts'
import { withImmutableFiles } from './immutable-files.ts'
import { openLocalStorage } from './local-storage.ts'
import { openStorageTarget } from './open-storage-target.ts'
import { storageContract } from './storage.contract.ts'
import type { Storage } from './storage.ts'
import { testTarget } from './test-target.ts'

const HOUR_MS = 3_600_000
const folders: string[] = []
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-immutable-'))
  folders.push(folder)
  return folder
}
const clear = (folder: string) => {
  if (!existsSync(folder)) return
  execFileSync('chattr', ['-R', '-f', '-i', folder], { stdio: 'ignore' })
  rmSync(folder, { recursive: true, force: true })
}
afterAll(() => {
  for (const folder of folders) clear(folder)
})

/** Only root may lock files, and not on every file system. */
function canLock(): boolean {
  const path = join(newFolder(), 'probe')
  writeFileSync(path, '')
  try {
    execFileSync('chattr', ['+i', path], { stdio: 'ignore' })
    execFileSync('chattr', ['-i', path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

storageContract('a local folder whose objects can be locked', () => {
  const folder = newFolder()
  return {
    storage: withImmutableFiles(openLocalStorage(folder)),
    elsewhere: withImmutableFiles(openLocalStorage(folder)),
    remove: () => rmSync(folder, { recursive: true }),
  }
})

let folder: string
let storage: Storage
const mounts = new Mounts()
beforeEach(async () => {
  folder = newFolder()
  storage = await openStorageTarget({ kind: 'folder', path: folder, isImmutable: true }, { kind: 'none' })
})
afterEach(() => {
  storage.close()
  mounts.unmountAll()
})

test.skipIf(!canLock())(
  'a locked object can be read, and not written, renamed or removed, by us or by root, until its time has come',
  async () => {
    const locks = storage.immutability!
    const path = join(folder, 'packs/1')
    const untilMs = Math.ceil(Date.now() / 1000) * 1000 + HOUR_MS
    expect(await locks.putLocked('packs/1', Buffer.from('one'), untilMs)).toEqual({ mode: 'governance', untilMs })
    const { mtimeMs } = (await storage.stat('packs/1'))!
    expect(await locks.lock('packs/1', untilMs - 60_000)).toEqual({ mode: 'governance', untilMs })
    expect(await locks.lock('packs/1', untilMs + HOUR_MS)).toEqual({ mode: 'governance', untilMs: untilMs + HOUR_MS })
    expect(await locks.lockOf('packs/1')).toEqual({ mode: 'governance', untilMs: untilMs + HOUR_MS })
    expect(Math.abs((await storage.stat('packs/1'))!.mtimeMs - mtimeMs)).toBeLessThan(1)
    for (const attempt of [() => unlinkSync(path), () => appendFileSync(path, 'x'), () => renameSync(path, `${path}-2`)])
      expect(attempt).toThrow('EPERM')
    for (const call of [
      () => storage.remove('packs/1'),
      () => storage.replace('packs/1', Buffer.from('two')),
      () => storage.move('packs/1', 'trash/1'),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'object_locked', message: expect.stringContaining(path) })
    }
    expect(String(await storage.get('packs/1'))).toBe('one')

    // The same with its time in the past.
    execFileSync('chattr', ['-i', path])
    utimesSync(path, Date.now() / 1000 - 10, mtimeMs / 1000)
    execFileSync('chattr', ['+i', path])
    expect(await locks.lockOf('packs/1')).toBe(null)
    await storage.move('packs/1', 'trash/1')
    await storage.remove('trash/1')
    await expect(locks.lock('packs/gone', untilMs)).rejects.toMatchObject({ code: 'object_missing' })
    expect(await testTarget({ kind: 'folder', path: folder, isImmutable: true }, { kind: 'none' })).toMatchObject({
      isUsable: true,
      capabilities: { objectLock: { isOn: true }, canDelete: true },
    })
    expect(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([])
  },
)

test('where there is no such attribute, or no program to set it, that is said, and told of the target beforehand', async () => {
  const untilMs = Date.now() + HOUR_MS
  await storage.put('packs/1', Buffer.from('one'))
  const path = process.env['PATH']
  try {
    process.env['PATH'] = '/nowhere'
    await expect(storage.immutability!.lock('packs/1', untilMs)).rejects.toMatchObject({
      code: 'repository_read_only',
      hint: 'Install e2fsprogs.',
    })
  } finally {
    process.env['PATH'] = path
  }
  if (!canMount()) return
  const disk = newFolder()
  mounts.mount(disk, '-t', 'ramfs', 'ramfs')
  const target = { kind: 'folder', path: disk, isImmutable: true } as const
  const plain = await openStorageTarget(target, { kind: 'none' })
  await plain.put('packs/1', Buffer.from('one'))
  await expect(plain.immutability!.lock('packs/1', untilMs)).rejects.toMatchObject({ code: 'repository_read_only' })
  expect(await testTarget(target, { kind: 'none' })).toMatchObject({ isUsable: true, capabilities: { objectLock: { isOn: false } } })
})
