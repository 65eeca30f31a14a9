import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { noise } from '#test/builders/random-tree.ts'
import type { Entry } from '../entry.ts'
import { rawOfText } from '../raw-path.ts'
import { type ArchiveReader, openRepository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { FileWriters } from './file-writers.ts'
import type { FileOutcome } from './write-file.ts'

const MIB = 1024 * 1024
/** Longer than five parts, with a hole that crosses their borders, and an end that is no whole block. */
const CONTENT = Buffer.concat([noise(18 * MIB + 77, 1), Buffer.alloc(11 * MIB), noise(15 * MIB + 1234, 2)])

let workspace: BackedUpWorkspace
let reader: ArchiveReader
let entry: Entry
let out: string
let folderFd: number

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(join(workspace.root, 'logs'))
  writeFileSync(join(workspace.root, 'logs/large.log'), CONTENT, { mode: 0o640 })
  const manifest = await workspace.backUp()
  reader = workspace.repository.readerOf(manifest)
  for await (const one of reader.entries(['logs/large.log'])) entry = one
  out = join(workspace.folder, 'out')
  mkdirSync(out)
  folderFd = openSync(out, 'r')
})
afterAll(() => {
  closeSync(folderFd)
  rmSync(workspace.folder, { recursive: true, force: true })
})

/** Writes it under a name, after `before` has had its way with the writers. */
async function write(name: string, from = reader, before: (writers: FileWriters) => Promise<void> = async () => {}): Promise<FileOutcome> {
  const options = { newFileOwner: null, umask: 0o022, sync: true }
  const writers = new FileWriters(from, options, { files: 1, bytes: entry.sizeBytes }, () => {})
  let outcome: FileOutcome | null = null
  await writers.add({ entry, folderFd, name: rawOfText(name)!, done: (is) => (outcome = is) })
  await before(writers)
  await writers.drain()
  await writers.close()
  expect(outcome, 'told what became of it').not.toBeNull()
  return outcome!
}

/** What else this process says while something is done. */
async function warningsOf(work: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = []
  const note = (warning: Error) => void warnings.push(warning.message)
  process.on('warning', note)
  await work()
  await new Promise(setImmediate)
  process.off('warning', note)
  return warnings
}

const openFiles = () => readdirSync('/proc/self/fd').length

test('what several threads write together is the file, with its holes, mode and time', async () => {
  // A thread that closes what another one opened is warned of.
  expect(await warningsOf(async () => expect(await write('whole')).toEqual({ ok: true }))).toEqual([])
  const [was, is] = ['ws/logs/large.log', 'out/whole'].map((path) => statSync(join(workspace.folder, path)))
  expect(readFileSync(join(out, 'whole')).equals(CONTENT)).toBe(true)
  expect(is!.mode).toBe(was!.mode)
  expect(Math.abs(is!.mtimeMs - was!.mtimeMs)).toBeLessThan(0.001)
  expect(is!.blocks * 512).toBeLessThan(CONTENT.length - 10 * MIB)
})

test('a part that cannot be read, one that is damaged, and a stop in between leave nothing behind', async () => {
  const before = openFiles()
  const middle = entry.frames[Math.floor(entry.frames.length / 2)]!
  const gone = async (id: string) => {
    if (id === middle) throw new Error('no such frame')
  }
  const lacking: ArchiveReader = { ...reader, stored: async (id, into) => (await gone(id)) ?? (await reader.stored(id, into)) }
  expect(await write('lacking', lacking)).toMatchObject({ ok: false, code: 'io_failed' })
  // Of a length that fits, and of another content: only reading back what was written tells.
  const [first] = entry.frames.slice(1)
  const twin = async (id: string) => (id === middle ? await reader.stored(first!) : null)
  const other: ArchiveReader = { ...reader, stored: async (id, into) => (await twin(id)) ?? (await reader.stored(id, into)) }
  expect(await write('other', other)).toMatchObject({ ok: false })
  const stopped = await write('stopped', reader, (writers) => writers.stop())
  expect(stopped).toMatchObject({ ok: false, code: 'cancelled' })
  expect(readdirSync(out).filter((name) => ['lacking', 'other', 'stopped'].includes(name))).toEqual([])
  expect(openFiles()).toBe(before)
})

test('a file that is there stays, and frames that are in no pack are told by their names', async () => {
  writeFileSync(join(out, 'mine'), 'mine')
  expect(await write('mine')).toEqual({ ok: false, code: 'io_failed', message: 'EEXIST' })
  expect(readFileSync(join(out, 'mine'), 'utf8')).toBe('mine')
  const folder = join(workspace.repositoryPath, 'packs')
  const packs = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pack'))
  for (const pack of packs) truncateSync(join(folder, pack), 0)
  for (const index of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !packs.includes(name) && name.includes('.'),
  ))
    rmSync(join(folder, index))
  const repository = await openRepository(openLocalStorage(workspace.repositoryPath))
  const outcome = await write('nowhere', repository.readerOf(reader.manifest))
  expect(outcome).toMatchObject({ ok: false, code: 'frame_missing' })
  repository.close()
})
