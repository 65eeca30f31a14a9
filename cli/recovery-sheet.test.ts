import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RecoverySheet } from '#lib/contracts/recovery-sheet.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
const sheet = async () => (await bench.run('recovery-sheet', '--json')).json as RecoverySheet

beforeAll(async () => {
  bench = await makeBench({ isQuick: true, packs: 2, logs: 1 })
})
afterAll(() => bench.remove())

test('before the first backup it says that there is none', async () => {
  expect(await sheet()).toMatchObject({ archives: 0, newest: null, knownGood: null, items: [] })
  expect((await bench.run('recovery-sheet')).stdout).toMatch(/Newest +none/)
})

test('it names places, the archive to take and checksums that sha256sum confirms', async () => {
  await bench.run('backup')
  await bench.run('verify', 'latest')
  const found = await sheet()
  expect(found).toMatchObject({ root: bench.workspace.root, archives: 1, knownGood: { grade: expect.any(Number) } })
  expect(found.repository.mount?.point).toBeTruthy()
  expect(found.files.map(({ name, isWhole }) => [name, isWhole])).toEqual([
    ['repository.json', true],
    ['README.txt', true],
    ['recover.sh', true],
  ])
  const sums = [
    ...found.files.map(({ name, sha256 }) => `${sha256}  ${name}`),
    `${found.newest!.manifestSha256}  manifests/${found.newest!.archiveId}.mft.zst`,
  ]
  execFileSync('sha256sum', ['-c'], { cwd: found.repository.path, input: `${sums.join('\n')}\n` })
})

test('what it says to type without Orchive brings the files back', async () => {
  const found = await sheet()
  const target = join(mkdtempSync(join(bench.folder, 'new-')), 'folder')
  const commands = found.withoutOrchive.map(({ command }) => command.replace('/new/folder', target))
  execFileSync('sh', ['-ec', commands.join('\n')], { stdio: 'pipe' })
  const state = found.items.find(({ importance, files }) => importance === 'critical' && files === 1)!
  expect(readFileSync(join(target, state.sourcePath!.slice(bench.workspace.root.length)), 'utf8')).toBe(
    readFileSync(state.sourcePath!, 'utf8'),
  )
})

test('printed it has all of it, and says when a file of the repository is damaged', async () => {
  const found = await sheet()
  writeFileSync(join(found.repository.path, 'recover.sh'), 'echo gone\n')
  const { stdout } = await bench.run('recovery-sheet')
  for (const text of [
    found.repository.id,
    found.newest!.archiveId,
    found.newest!.manifestSha256!,
    'sh recover.sh list',
    'orchive recover host',
  ])
    expect(stdout).toContain(text)
  expect(stdout).toMatch(/recover\.sh {3}DAMAGED/)
})
