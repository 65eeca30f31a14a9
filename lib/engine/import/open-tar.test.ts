import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { END_OF_ARCHIVE, encodeHead } from '../tar/head.ts'
import { TarMembers } from '../tar/tar-members.ts'
import { openTar } from './open-tar.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-open-tar-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
const TAR = Buffer.concat([
  encodeHead({ path: 'logs', type: 'dir', sizeBytes: 0, mtimeNs: 0n, mode: 0o755, uid: 0, gid: 0, linkTarget: null }),
  END_OF_ARCHIVE,
])

test.each([
  ['plain', TAR],
  ['gzip', gzipSync(TAR)],
  ['zstd', zstdCompressSync(TAR)],
])('a tar file of one folder is read, packed with %s', async (name, bytes) => {
  const { source, fileBytes, close } = await openTar(write(name, bytes))
  expect(fileBytes).toBe(bytes.length)
  expect((await new TarMembers(source).next())?.name.toString()).toMatch(/^logs/)
  close()
})

test.each([0, 1, 3, 1023])('%i bytes are no tar file', async (length) => {
  await expect(openTar(write('short', Buffer.alloc(length)))).rejects.toMatchObject({ code: 'import_unreadable' })
})

test('a folder, and what is not there, are refused by name', async () => {
  await expect(openTar(folder)).rejects.toThrow('is no file')
  await expect(openTar(join(folder, 'gone'))).rejects.toThrow('is not there')
})
