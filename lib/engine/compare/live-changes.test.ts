import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import type { Finding } from '../finding.ts'
import type { Manifest } from '../repository/manifest.ts'
import { changesOf, type EntryChange, itemKeys } from './entry-change.ts'
import { deltaOf } from './entry-delta.ts'
import { liveChanges } from './live-changes.ts'
import { Tally } from './tally.ts'

let workspace: BackedUpWorkspace
const write = (path: string, content: string) => {
  mkdirSync(dirname(join(workspace.root, path)), { recursive: true })
  writeFileSync(join(workspace.root, path), content)
}

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace()
  write('orchestrator_state.json', '{"taskHistory": []}')
  write('logs/run-0.jsonl', 'one\n')
  write('logs/run-1.jsonl', 'two\n')
  write('knowledge-packs/a.json', '{}')
  symlinkSync('run-0.jsonl', join(workspace.root, 'logs/latest'))
})
afterEach(() => rmSync(workspace.folder, { recursive: true, force: true }))

async function differences(manifest: Manifest): Promise<{ changes: EntryChange[]; problems: Finding[] }> {
  const changes: EntryChange[] = []
  const problems: Finding[] = []
  const input = { repository: workspace.repository, manifest, items: workspace.resolve().items, statCachePath: null }
  for await (const change of liveChanges({ ...input, onProblem: (finding) => problems.push(finding) })) changes.push(change)
  return { changes, problems }
}
const told = (changes: EntryChange[]) =>
  changes.map(({ kind, path, parts }) => [kind, path, parts.filter((part) => part !== 'time').join()])

test('nothing differs right after a backup, nor when files were only touched', async () => {
  const manifest = await workspace.backUp()
  expect((await differences(manifest)).changes).toEqual([])
  for (const path of ['logs/run-0.jsonl', 'knowledge-packs/a.json', 'orchestrator_state.json']) utimesSync(join(workspace.root, path), 1, 1)
  expect((await differences(manifest)).changes).toEqual([])
})

test('added, removed and changed entries of every kind are told in archive order, and say what changed', async () => {
  const manifest = await workspace.backUp()
  write('knowledge-packs/b.json', '{"new": 1}')
  rmSync(join(workspace.root, 'logs/run-1.jsonl'))
  write('logs/run-0.jsonl', 'one\nmore\n')
  chmodSync(join(workspace.root, 'knowledge-packs/a.json'), 0o600)
  rmSync(join(workspace.root, 'logs/latest'))
  symlinkSync('run-9.jsonl', join(workspace.root, 'logs/latest'))
  mkdirSync(join(workspace.root, 'logs/old'))
  const { changes, problems } = await differences(manifest)
  expect(problems).toEqual([])
  expect(told(changes)).toEqual([
    ['changed', 'knowledge-packs/a.json', 'mode'],
    ['added', 'knowledge-packs/b.json', ''],
    ['changed', 'logs/latest', 'link'],
    ['added', 'logs/old', ''],
    ['changed', 'logs/run-0.jsonl', 'content'],
    ['removed', 'logs/run-1.jsonl', ''],
  ])
  const tally = new Tally(manifest.items, workspace.resolve().items)
  for (const change of changes) tally.add(change)
  expect(tally.total).toEqual({ added: 1, removed: 1, changed: 3, addedBytes: 10, removedBytes: 4, grownBytes: 5 })
})

test('a state of the same size and time is read all the same', async () => {
  const manifest = await workspace.backUp()
  const path = join(workspace.root, 'orchestrator_state.json')
  writeFileSync(path, '{"taskHistorY": []}')
  utimesSync(path, 1, 1)
  expect(told((await differences(manifest)).changes)).toEqual([['changed', 'orchestrator_state.json', 'content']])
})

test('what was archived as a link to another name is the same when it still is one', async () => {
  linkSync(join(workspace.root, 'logs/run-0.jsonl'), join(workspace.root, 'logs/run-0b.jsonl'))
  const manifest = await workspace.backUp()
  expect((await differences(manifest)).changes).toEqual([])
  rmSync(join(workspace.root, 'logs/run-0b.jsonl'))
  write('logs/run-0b.jsonl', 'one\n')
  expect(told((await differences(manifest)).changes)).toEqual([['changed', 'logs/run-0b.jsonl', 'type,link']])
})

test('live against an archive tells what the next archive tells against it', async () => {
  const before = await workspace.backUp()
  renameSync(join(workspace.root, 'logs'), join(workspace.root, 'logs.away'))
  write('logs/run-0.jsonl', 'three\n')
  rmSync(join(workspace.root, 'knowledge-packs'), { recursive: true })
  const live = await differences(before)
  const after = await workspace.backUp()
  const archived: EntryChange[] = []
  for await (const change of changesOf(deltaOf(workspace.repository, before, after), itemKeys(before.items, after.items)))
    archived.push(change)
  expect(told(live.changes)).toEqual(told(archived))
})
