import { randomBytes } from 'node:crypto'
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { forget, prune } from '#test/builders/pruning.ts'
import { noise } from '#test/builders/random-tree.ts'
import { KEEP_ALL, syncOf } from '#test/builders/replica-of.ts'
import { openAny, SLOTS } from '#test/builders/sealed.ts'
import { addKeySlot, readKeySlots, removeKeySlot } from '../repository/key-slots.ts'
import type { Manifest } from '../repository/manifest.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { verifyRepository } from '../verify/verify-repository.ts'
import { emptyMemory } from './place-memory.ts'

const AT = '2026-02-03T04:05:06.000Z'
let workspace: BackedUpWorkspace
let archives: Manifest[]
const memory = emptyMemory()
const place = () => join(workspace.folder, 'place')
const keysThere = () => readdirSync(join(place(), 'keys')).filter((name) => name.startsWith('key_'))

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace({ slots: SLOTS })
  archives = []
  for (let day = 0; day < 3; day++) {
    writeFileSync(join(workspace.root, 'orchestrator_state.json'), JSON.stringify({ tasks: [day] }))
    writeFileSync(join(workspace.root, 'docs'), noise(40_000, day * 2))
    archives.push(await workspace.backUp())
  }
})
afterAll(() => rmSync(workspace.folder, { recursive: true, force: true }))

async function sync(policy = KEEP_ALL) {
  const host = await openAny(openLocalStorage(workspace.repositoryPath))
  const input = {
    workspaceId: archives[0]!.workspaceId,
    memory,
    policy,
    open: (storage: Parameters<typeof host.openAt>[0]) => host.openAt(storage),
  }
  return await syncOf(openLocalStorage(workspace.repositoryPath), openLocalStorage(place(), { create: true }), { ...input, host })
}

async function expectWholeThere(ids: readonly string[]): Promise<void> {
  const copy = await openAny(openLocalStorage(place()))
  expect((await copy.listArchives()).sort()).toEqual([...ids].sort())
  for (const id of await copy.listArchives()) {
    const reader = await copy.reader(id)
    for await (const entry of reader.entries()) for (const frame of entry.frames) await reader.frame(frame)
  }
  expect((await verifyRepository({ repository: copy })).findings).toEqual([])
}

test('a sealed repository is copied, kept by the copy’s own policy and pruned on the host; the copy stays whole and opens with the same keys', async () => {
  expect(await sync()).toMatchObject({ archivesCopied: 3, findings: [] })
  await expectWholeThere(archives.map(({ id }) => id))
  await forget(workspace.repository, [archives[0]!.id])
  await prune(workspace.repository)
  expect(await sync()).toMatchObject({ forgotten: [], findings: [] })
  await expectWholeThere(archives.map(({ id }) => id))
  const few = { ...KEEP_ALL, keepLast: 1, dailyDays: 0, weeklyWeeks: 0, monthlyMonths: 0 }
  expect((await sync(few)).forgotten.sort()).toEqual([archives[0]!.id, archives[1]!.id].sort())
  await expectWholeThere([archives[2]!.id])
  expect(await sync(few)).toMatchObject({ objectsPut: 0, findings: [], vanished: [] })
})

test('a slot that was revoked goes from the copy with the next sync; one that somebody only deleted stays there', async () => {
  const { repository } = workspace
  const add = (label: string) =>
    addKeySlot(repository.storage, repository.id, Buffer.from(repository.master!), {
      secret: { kind: 'key', key: randomBytes(32) },
      label,
      createdAt: AT,
    })
  const [lost, printed] = [await add('a lost laptop'), await add('printed')]
  await sync()
  expect(keysThere()).toHaveLength(3)
  await removeKeySlot(repository, lost.id)
  rmSync(join(workspace.repositoryPath, `keys/${printed.id}.json`))
  // What looks like the note of a revocation, from somebody without the key.
  writeFileSync(join(workspace.repositoryPath, `system/revoked/${printed.id}.json`), 'made up')
  const figures = await sync()
  expect(keysThere()).toContain(`${printed.id}.json`)
  expect(keysThere()).not.toContain(`${lost.id}.json`)
  expect(figures.vanished).toEqual([])
  rmSync(join(workspace.repositoryPath, `system/revoked/${printed.id}.json`))
})

test('a repository in plain, or another one, at the place of the copy of a sealed one is refused', async () => {
  const host = await openAny(openLocalStorage(workspace.repositoryPath))
  const plain = await makeBackedUpWorkspace()
  await plain.backUp()
  await expect(host.openAt(plain.repository.storage)).rejects.toMatchObject({ code: 'repository_damaged' })
  // With our id, too: whoever writes there can say that it is ours.
  const forged = join(workspace.folder, 'forged')
  cpSync(plain.repositoryPath, forged, { recursive: true })
  const { encodeHead } = await import('../repository/repository-head.ts')
  writeFileSync(join(forged, 'repository.json'), encodeHead({ ...plain.repository.head, id: host.id }))
  await expect(host.openAt(openLocalStorage(forged))).rejects.toMatchObject({ code: 'repository_damaged' })
  const other = await makeBackedUpWorkspace({ slots: SLOTS })
  await expect(host.openAt(other.repository.storage)).rejects.toMatchObject({ code: 'repository_damaged' })
  await expect(plain.repository.openAt(host.storage)).rejects.toMatchObject({ code: 'repository_damaged' })
  for (const { folder } of [plain, other]) rmSync(folder, { recursive: true })
})

test('more key slots than anybody needs are told rather than tried', async () => {
  const storage = openLocalStorage(join(workspace.folder, 'many'), { create: true })
  const { id } = workspace.repository
  for (let i = 0; i < 65; i++)
    await addKeySlot(storage, id, Buffer.alloc(32), { secret: { kind: 'key', key: randomBytes(32) }, label: String(i), createdAt: AT })
  await expect(readKeySlots(storage)).rejects.toMatchObject({
    code: 'repository_damaged',
    message: expect.stringContaining('65 key slots'),
  })
})
