import {
  appendFileSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newJobId } from '#lib/base/ids.ts'
import { walkItems } from '../workspace/walk.ts'
import type { ChosenFile } from './choose-files.ts'
import { type DeleteInput, deleteFiles } from './delete-files.ts'
import { DeletionJournal, endDeletion, openDeletions } from './deletion-journal.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-delete-'))
  mkdirSync(join(folder, 'logs'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (path: string) => join(folder, path)
function write(path: string, content = path): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), content)
}
const item = () => ({ key: 'logsDir', kind: 'folder' as const, archiveName: 'logs', rawPath: Buffer.from(at('logs')), exclude: [] })

/** Every file of the logs folder as it is now. */
const planned = (): ChosenFile[] =>
  [...walkItems([item()])].flatMap(({ path, itemKey, type, stat }) => (type === 'file' && stat ? [{ path, itemKey, stat }] : []))

function run(files: ChosenFile[], over: Partial<DeleteInput> = {}) {
  const gone: string[] = []
  const input = { items: [item()], files, journal: { gone: (path: string) => gone.push(path) }, lookForOpenFiles: () => () => false }
  return deleteFiles({ ...input, onRemoved: () => {}, ...over }).then((deleted) => ({ ...deleted, gone }))
}

test('files that are as they were planned go, and their folders stay', async () => {
  write('logs/a.jsonl')
  write('logs/deep/er/b.jsonl')
  expect(await run(planned())).toEqual({
    removedFiles: 2,
    removedBytes: 'logs/a.jsonl'.length + 'logs/deep/er/b.jsonl'.length,
    left: [],
    gone: ['logs/a.jsonl', 'logs/deep/er/b.jsonl'],
  })
  expect(existsSync(at('logs/a.jsonl'))).toBe(false)
  expect(lstatSync(at('logs/deep/er')).isDirectory()).toBe(true)
})

test('a file that grew, was rewritten, replaced, linked or made a symlink since it was planned stays', async () => {
  for (const name of ['grew', 'rewritten', 'replaced', 'linked', 'gone', 'symlink']) write(`logs/${name}`)
  const files = planned()
  appendFileSync(at('logs/grew'), 'more')
  writeFileSync(at('logs/rewritten'), 'logs/REWRITTEN')
  write('logs/new', 'logs/replaced')
  renameSync(at('logs/new'), at('logs/replaced'))
  renameSync(at('logs/linked'), at('elsewhere'))
  rmSync(at('logs/gone'))
  rmSync(at('logs/symlink'))
  symlinkSync(at('elsewhere'), at('logs/symlink'))
  const { removedFiles, left } = await run(files)
  expect(removedFiles).toBe(0)
  expect(Object.fromEntries(left.map(({ path, reason }) => [path, reason]))).toEqual({
    'logs/grew': 'changed',
    'logs/rewritten': 'changed',
    'logs/replaced': 'changed',
    'logs/linked': 'gone',
    'logs/gone': 'gone',
    'logs/symlink': 'changed',
  })
  expect(readFileSync(at('logs/grew'), 'utf8')).toBe('logs/grewmore')
  expect(existsSync(at('elsewhere'))).toBe(true)
})

test('nothing is deleted through a folder that was swapped for a symlink', async () => {
  write('logs/deep/a.jsonl')
  const files = planned()
  renameSync(at('logs/deep'), at('moved'))
  symlinkSync(at('moved'), at('logs/deep'))
  expect(await run(files)).toMatchObject({ removedFiles: 0, left: [{ reason: 'unsafe' }] })
  expect(existsSync(at('moved/a.jsonl'))).toBe(true)
})

test('a file that was opened meanwhile stays', async () => {
  write('logs/a.jsonl')
  write('logs/b.jsonl')
  const files = planned()
  const open = files[0]!.stat.ino
  const { gone, left } = await run(files, { lookForOpenFiles: () => (_, ino) => ino === open })
  expect(gone).toEqual(['logs/b.jsonl'])
  expect(left).toMatchObject([{ path: 'logs/a.jsonl', reason: 'open' }])
})

test('a file that is written to in the very moment of its deletion is put back with what it holds then', async () => {
  write('logs/a.jsonl', 'one\n')
  const writer = openSync(at('logs/a.jsonl'), 'a')
  // The last question before the name goes: whoever writes now has met the deletion.
  const meet = () => {
    writeSync(writer, 'two\n')
    return false
  }
  const { removedFiles, left } = await run(planned(), { lookForOpenFiles: () => meet })
  closeSync(writer)
  expect({ removedFiles, left }).toMatchObject({ removedFiles: 0, left: [{ reason: 'changed' }] })
  expect(readFileSync(at('logs/a.jsonl'), 'utf8')).toBe('one\ntwo\n')
})

test('a stop, or a record that cannot be written, leaves everything that follows', async () => {
  for (const name of ['a', 'b', 'c']) write(`logs/${name}`)
  const abort = new AbortController()
  const first = await run(planned(), { signal: abort.signal, onRemoved: () => abort.abort() })
  expect(first).toMatchObject({ removedFiles: 1, left: [{ reason: 'stopped' }, { reason: 'stopped' }] })
  const full = () => {
    throw Object.assign(new Error('full'), { code: 'ENOSPC' })
  }
  const second = await run(planned(), { journal: { gone: full } })
  expect(second).toMatchObject({ removedFiles: 1, left: [{ path: 'logs/c', message: expect.stringContaining('ENOSPC') }] })
  expect(existsSync(at('logs/c'))).toBe(true)
})

const HEAD = { workspaceId: 'ws_1', archiveId: 'arc_1', digest: 'd', at: '2026-11-24T00:00:00.000Z' } as const
const FILES = [
  { path: 'logs/a', livePath: '/x/logs/a', sizeBytes: 1 },
  { path: 'logs/b', livePath: '/x/logs/b', sizeBytes: 2 },
]

test('a record tells of an interrupted deletion until its end is written, also when its last line was cut', () => {
  const records = at('offloads')
  const journal = DeletionJournal.begin(records, { jobId: newJobId(), ...HEAD }, FILES)
  journal.gone('logs/a')
  journal.close()
  appendFileSync(journal.path, '{"type":"gone","pa')
  const [open] = openDeletions(records, 'ws_1')
  expect(open).toMatchObject({ archiveId: 'arc_1', files: FILES, gone: new Set(['logs/a']) })
  expect(openDeletions(records, 'ws_2')).toEqual([])
  endDeletion(journal.path, { removedFiles: 1, removedBytes: 1, at: HEAD.at })
  expect(openDeletions(records, 'ws_1')).toEqual([])
})

test('a record that was cut before anything could be deleted is none', () => {
  const records = at('offloads')
  const journal = DeletionJournal.begin(records, { jobId: newJobId(), ...HEAD }, FILES)
  journal.close()
  const text = readFileSync(journal.path, 'utf8')
  writeFileSync(journal.path, text.slice(0, text.indexOf('{"type":"deleting"}')))
  expect(openDeletions(records, 'ws_1')).toEqual([])
})
