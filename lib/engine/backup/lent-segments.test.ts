import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { expectWhole } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { MAX_SEGMENT_BYTES } from '../repository/frame.ts'

import { LentSegments } from './lent-segments.ts'

test('a segment is lent only while somebody has nothing to do and a place is free, and comes back as it was', () => {
  const lent = LentSegments.among(2)
  const other = new LentSegments(lent.memory)
  const segment = noise(MAX_SEGMENT_BYTES, 1)
  expect(lent.lend(segment)).toBeNull()
  other.setHands(1)
  const [first, second] = [lent.lend(segment), lent.lend(segment.subarray(1))]
  expect(first).not.toBeNull()
  expect(second).not.toBeNull()
  expect(lent.lend(segment)).toBeNull()
  expect(other.at(first!, segment.length).equals(segment)).toBe(true)
  expect(other.at(second!, segment.length - 1).equals(segment.subarray(1))).toBe(true)
  other.giveBack(first!)
  expect(lent.lend(segment.subarray(0, 1000))).toBeNull()
  expect(lent.lend(segment)).toBe(first)
  expect(LentSegments.among(1).lend(segment)).toBeNull()
})

test('one large file that threads compress together is whole', async () => {
  const workspace = await makeBackedUpWorkspace()
  const logs = join(workspace.root, 'logs')
  mkdirSync(logs)
  const piece = noise(3 * 1024 * 1024, 2).toString('hex')
  writeFileSync(join(logs, 'run.jsonl'), Array.from({ length: 8 }, (_, n) => `${n}${piece}`).join('\n'))
  const manifest = await workspace.backUp()
  expect(manifest.findings.filter(({ code }) => code !== 'item_missing')).toEqual([])
  expect(await expectWhole(workspace.repositoryPath)).toEqual([manifest.id])
  rmSync(workspace.folder, { recursive: true, force: true })
})
