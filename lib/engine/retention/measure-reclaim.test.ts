import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { ArchiveId } from '#lib/base/ids.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { manifestName } from '../repository/manifest.ts'
import { measureReclaim } from './measure-reclaim.ts'

let workspace: BackedUpWorkspace
afterEach(() => {
  workspace.repository.close()
  rmSync(workspace.folder, { recursive: true, force: true })
})

/** Every frame that archives need, by sets of ids. */
async function framesOf(ids: readonly ArchiveId[]): Promise<Set<string>> {
  const frames = new Set<string>()
  for (const id of ids) {
    const manifest = await workspace.repository.readManifest(id)
    for (const { id: section } of manifest.sections) frames.add(section)
    for await (const entry of workspace.repository.entriesOf(manifest)) for (const frame of entry.frames) frames.add(frame)
  }
  return frames
}

async function bytesOf(frames: Iterable<string>): Promise<number> {
  const index = await workspace.repository.index()
  return [...frames].reduce((sum, frame) => sum + (index.get(frame)?.storedBytes ?? 0), 0)
}

test('what a plan would free is what only archives that go refer to', async () => {
  workspace = await makeBackedUpWorkspace()
  const taken: ArchiveId[] = []
  for (let i = 0; i < 5; i++) {
    writeFileSync(join(workspace.root, 'orchestrator_state.json'), JSON.stringify({ updatedAt: i, text: 'x'.repeat(i * 100) }))
    writeFileSync(join(workspace.root, `docs-${i % 2}.txt`), `${i}`)
    taken.push((await workspace.backUp()).id)
  }
  workspace.repository.dropIndex()
  for (const going of [[], [0], [1, 3], [0, 1, 2, 3], [4]]) {
    const forget = going.map((i) => taken[i]!)
    const needed = await framesOf(taken.filter((id) => !forget.includes(id)))
    const freed = [...(await framesOf(forget))].filter((frame) => !needed.has(frame))
    expect(await measureReclaim(workspace.repository, new Set(forget))).toEqual({
      reclaimBytes: await bytesOf(freed),
      referencedBytes: await bytesOf(new Set([...needed, ...freed])),
    })
  }
})

test('nothing is measured over a manifest that cannot be read', async () => {
  workspace = await makeBackedUpWorkspace()
  const first = await workspace.backUp()
  const second = await workspace.backUp()
  writeFileSync(join(workspace.repositoryPath, manifestName(second.id)), 'torn')
  await expect(measureReclaim(workspace.repository, new Set([first.id]))).rejects.toMatchObject({ code: 'repository_damaged' })
})
