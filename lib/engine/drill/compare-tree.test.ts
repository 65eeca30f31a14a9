import { appendFileSync, chmodSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newJobId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import type { Manifest } from '../repository/manifest.ts'
import { executeRestore } from '../restore/execute-restore.ts'
import { FindingList } from '../verify/verify-types.ts'
import { compareTree } from './compare-tree.ts'

let workspace: BackedUpWorkspace
let manifest: Manifest
let root: string
const at = (path: string) => join(root, path)

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace()
  const live = (path: string) => join(workspace.root, path)
  mkdirSync(live('logs/sub'), { recursive: true })
  writeFileSync(live('orchestrator_state.json'), '{"taskExecutions":[1]}')
  writeFileSync(live('logs/a.jsonl'), 'a line\n')
  writeFileSync(live('logs/sub/tool'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(live('logs/empty'), '')
  linkSync(live('logs/a.jsonl'), live('logs/b.jsonl'))
  symlinkSync('a.jsonl', live('logs/link'))
  manifest = await workspace.backUp()
  root = join(workspace.folder, 'copy')
  await executeRestore({ reader: reader(), manifest, paths: [], target: root, items: [], jobId: newJobId() })
})
afterEach(() => rmSync(workspace.folder, { recursive: true, force: true }))

const reader = () => workspace.repository.readerOf(manifest)
async function findings(signal?: AbortSignal) {
  const list = new FindingList()
  await compareTree({ reader: reader(), manifest, root, signal }, list)
  return list.finish().map(({ code, path }) => [code, path])
}

test('a copy that was restored whole has no findings', async () => {
  expect(await findings()).toEqual([])
})

test.each<[string, () => void, [string, string | null][]]>([
  ['changed in one byte', () => writeFileSync(at('logs/a.jsonl'), 'a lime\n'), [['content_differs', 'logs/a.jsonl']]],
  ['longer', () => appendFileSync(at('logs/empty'), 'x'), [['length_differs', 'logs/empty']]],
  ['missing', () => unlinkSync(at('logs/empty')), [['entry_missing', 'logs/empty']]],
  ['of another mode', () => chmodSync(at('logs/sub/tool'), 0o644), [['mode_differs', 'logs/sub/tool']]],
  ['in a folder of another mode', () => chmodSync(at('logs/sub'), 0o700), [['mode_differs', 'logs/sub']]],
  ['one too many', () => writeFileSync(at('logs/stray'), ''), [['entries_extra', null]]],
  [
    'a link in place of the file, to equal bytes',
    () => {
      writeFileSync(at('../equal'), readFileSync(at('logs/sub/tool')))
      unlinkSync(at('logs/sub/tool'))
      symlinkSync(at('../equal'), at('logs/sub/tool'))
    },
    [['type_differs', 'logs/sub/tool']],
  ],
  [
    'a link that leads elsewhere',
    () => {
      unlinkSync(at('logs/link'))
      symlinkSync('empty', at('logs/link'))
    },
    [['link_differs', 'logs/link']],
  ],
  [
    'a copy in place of a second name',
    () => {
      unlinkSync(at('logs/b.jsonl'))
      writeFileSync(at('logs/b.jsonl'), 'a line\n')
    },
    [['link_differs', 'logs/b.jsonl']],
  ],
])('a file that is %s is found and named', async (_, change, expected) => {
  change()
  expect(await findings()).toEqual(expected)
})

test('a cancel ends the comparison', async () => {
  await expect(findings(AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' })
})
