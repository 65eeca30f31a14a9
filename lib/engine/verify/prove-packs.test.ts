import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { listPacks } from '../repository/pack.ts'
import { openRepository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { piecesOf } from './pack-pieces.ts'
import { verifyRepository } from './verify-repository.ts'

const MEBIBYTE = 1024 * 1024
let workspace: BackedUpWorkspace
/** Path of a pack of several pieces, in a repository that is large enough for threads. */
let pack: string

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace()
  writeFileSync(join(workspace.root, 'orchestrator_state.json'), JSON.stringify(randomBytes(26 * MEBIBYTE).toString('base64')))
  await workspace.backUp()
  const { packs } = await listPacks(workspace.repository.storage)
  const sizes = await Promise.all(
    packs.map(async (name) => ({ name, sizeBytes: (await workspace.repository.storage.stat(name))!.sizeBytes })),
  )
  pack = join(workspace.repositoryPath, sizes.sort((a, b) => b.sizeBytes - a.sizeBytes)[0]!.name)
})

afterAll(() => rmSync(workspace.folder, { recursive: true, force: true }))

async function verify() {
  return verifyRepository({ repository: await openRepository(openLocalStorage(workspace.repositoryPath)) })
}

function flipBit(at: number): void {
  const fd = openSync(pack, 'r+')
  const byte = Buffer.alloc(1)
  readSync(fd, byte, 0, 1, at)
  byte[0]! ^= 1
  writeSync(fd, byte, 0, 1, at)
  closeSync(fd)
}

test('a pack of several pieces is proven, and a flipped bit in a later one costs the frame that it hits and no other', async () => {
  expect((await verify()).findings).toEqual([])
  flipBit(11 * MEBIBYTE)
  const { findings, health } = await verify()
  expect(findings.map(({ message }) => message)).toEqual([expect.stringMatching(/is damaged: 1 of its \d+ frames are lost/)])
  expect(health.badFrames.size).toBe(1)
})

test('pieces cover a pack from its first byte to its last, and only where its index does', () => {
  const frame = (offset: number, storedBytes: number) => ({ id: 'a'.repeat(64), offset, storedBytes, rawBytes: 1 })
  const frames = [frame(32, 3 * MEBIBYTE), frame(32 + 3 * MEBIBYTE, 2 * MEBIBYTE), frame(32 + 5 * MEBIBYTE, 7)]
  const end = 32 + 5 * MEBIBYTE + 7
  const pieces = piecesOf(frames, 32, end)!
  expect(pieces.map(({ offset, length }) => [offset, length])).toEqual([
    [0, 32 + 5 * MEBIBYTE],
    [32 + 5 * MEBIBYTE, 7],
  ])
  expect(piecesOf(frames, 32, end + 1)).toBeNull()
  expect(piecesOf(frames, 0, end)).toBeNull()
  expect(piecesOf(frames.slice(1), 32, end)).toBeNull()
  expect(piecesOf([], 0, 0)).toBeNull()
})
