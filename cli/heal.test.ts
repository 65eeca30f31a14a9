import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HealReport } from '#lib/contracts/heal.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
const repository = () => join(bench.home, 'repository')
const packs = () =>
  readdirSync(join(repository(), 'packs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pack'))
    .map((name) => join(repository(), 'packs', name))

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at]! ^= 1
  writeFileSync(path, bytes)
}
const reportOf = async (...argv: string[]) =>
  ((await bench.run('repository', 'heal', ...argv, '--json')).json as { repositories: HealReport[] }).repositories[0]!

beforeAll(async () => {
  bench = await makeBench({ isQuick: true, packs: 4, logs: 2 })
  await bench.run('backup')
  cpSync(repository(), join(bench.folder, 'copy'), { recursive: true })
})
afterAll(() => bench.remove())

test('nothing damaged: it says so and changes nothing', async () => {
  const { code, stdout } = await bench.run('repository', 'heal')
  expect(code).toBe(0)
  expect(stdout).toContain('nothing is damaged')
})

test('a damaged pack is told by --dry-run, healed from live files, and everything is verified again', async () => {
  const [pack] = packs().toSorted((a, b) => statSync(b).size - statSync(a).size)
  flip(pack!, Math.floor(statSync(pack!).size / 2))
  expect((await bench.run('verify', '--all')).code).toBe(1)
  const planned = await reportOf('--dry-run')
  expect(planned).toMatchObject({ isDryRun: true, stillLost: 0, setAside: [], verified: null })
  expect(planned.lostFrames).toBeGreaterThan(0)
  const healed = await reportOf()
  expect(healed).toMatchObject({ lostFrames: planned.lostFrames, stillLost: 0, affected: [] })
  expect(healed.verified?.repositoryFindings).toEqual([])
  expect(healed.verified?.archives.every(({ grade }) => grade > 0)).toBe(true)
  expect((await bench.run('verify', '--all')).code).toBe(0)
})

test('what is lost is named, comes from a copy with --from, and a folder that is no repository is refused', async () => {
  const [pack] = packs().toSorted((a, b) => statSync(a).size - statSync(b).size)
  writeFileSync(pack!, '')
  const alone = await bench.run('repository', 'heal', '--dry-run')
  expect(alone.code).toBe(3)
  expect(alone.stderr).toContain('cannot be given back')
  const nowhere = await bench.run('repository', 'heal', '--from', bench.folder)
  expect(nowhere.code).toBe(10)
  expect(nowhere.stderr).toContain(`There is no repository at ${bench.folder}`)
  const { code, stdout } = await bench.run('repository', 'heal', '--from', join(bench.folder, 'copy'))
  expect(code).toBe(0)
  expect(stdout).toContain('found in other repositories')
  expect(stdout).toMatch(/Verified again: 1 of 1 archive whole/)
})
