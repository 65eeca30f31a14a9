import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newJobId } from '#lib/base/ids.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { expectEqualTrees, makeTree, type RandomNode, randomTree, readTree } from '#test/builders/random-tree.ts'
import { recoveryOf } from '#test/builders/recovery-of.ts'
import { executeRestore } from './execute-restore.ts'
import { executeUndo } from './execute-undo.ts'
import { type Journal, journalPath, type RecoveryPlace, readLastJournal } from './journal.ts'
import { openGround } from './open-ground.ts'
import { settle } from './settle.ts'
import { TakeBack } from './take-back.ts'

/** A random workspace that was restored over, or whose restore was undone. */
async function changed(before: RandomNode[], after: RandomNode[], kind: 'restore' | 'undo') {
  const workspace = await makeBackedUpWorkspace()
  const logs = Buffer.from(join(workspace.root, 'logs'))
  mkdirSync(logs)
  makeTree(logs, before)
  const manifest = await workspace.backUp()
  rmSync(logs, { recursive: true })
  mkdirSync(logs)
  makeTree(logs, after)
  const place = recoveryOf(workspace.folder, manifest.workspaceId)
  const common = { reader: workspace.repository.readerOf(manifest), manifest, paths: [], target: null, items: workspace.resolve().items }
  const jobId = newJobId()
  let old = readTree(logs)
  const { undo } = await executeRestore({ ...common, exact: true, jobId, recovery: place })
  if (kind === 'undo' && undo !== null) {
    old = readTree(logs)
    await executeUndo({ recovery: place, jobId: newJobId(), undoOf: jobId })
  }
  return { workspace, logs, place, old, isChanged: undo !== null, new: readTree(logs), journal: readLastJournal(place) }
}

/** Opens the journal of an ended change again, as if its process had been killed in that phase. */
function reopen(place: RecoveryPlace, journal: Journal, phase: Journal['phase']): void {
  for (const { source } of journal.areas) if (!existsSync(source)) mkdirSync(source, { recursive: true })
  writeFileSync(journalPath(place), JSON.stringify({ ...journal, phase }))
}

class Killed extends Error {}

test.each(['restore', 'undo'] as const)(
  'any %s that was cut short is settled to exactly the old tree, however often settling is cut short itself',
  async (kind) => {
    let runs = 0
    await fc.assert(
      fc.asyncProperty(randomTree, randomTree, fc.array(fc.nat(20), { maxLength: 3 }), async (before, after, cuts) => {
        const made = await changed(before, after, kind)
        try {
          if (!made.isChanged) return
          runs++
          reopen(made.place, made.journal!, 'swapped')
          for (const cut of cuts) {
            const ground = openGround(made.journal!)
            const back = new TakeBack(ground)
            let left = cut
            const stop = () => {
              if (left-- === 0) throw new Killed()
            }
            try {
              back.run(ground.steps.count, stop)
            } catch (error) {
              if (!(error instanceof Killed)) throw error
            }
            back.close()
            ground.close()
          }
          expect(settle(made.place)).toMatchObject({ outcome: 'rolled-back', notes: [] })
          expectEqualTrees(readTree(made.logs), made.old)
          expect(settle(made.place)).toBeNull()
        } finally {
          rmSync(made.workspace.folder, { recursive: true, force: true })
        }
      }),
      { numRuns: 15 },
    )
    expect(runs).toBeGreaterThan(5)
  },
)

test('any restore that was validated is finished, and its undo is there', async () => {
  await fc.assert(
    fc.asyncProperty(randomTree, randomTree, async (before, after) => {
      const made = await changed(before, after, 'restore')
      try {
        if (!made.isChanged) return
        rmSync(join(made.place.folder, `${made.journal!.jobId}.undo`))
        reopen(made.place, made.journal!, 'validated')
        expect(settle(made.place)).toMatchObject({ outcome: 'finished', undo: made.journal!.jobId })
        expectEqualTrees(readTree(made.logs), made.new)
        await executeUndo({ recovery: made.place, jobId: newJobId(), undoOf: made.journal!.jobId })
        expectEqualTrees(readTree(made.logs), made.old)
      } finally {
        rmSync(made.workspace.folder, { recursive: true, force: true })
      }
    }),
    { numRuns: 8 },
  )
})
