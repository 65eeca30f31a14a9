import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
beforeEach(async () => {
  bench = await makeBench({ isQuick: true, packs: 1, logs: 1 })
})
afterEach(() => bench.remove())

const catalog = () => join(bench.home, 'prisma-free-db/catalog.db')
const kept = () => join(bench.folder, 'catalog-before.db')
const ids = async (...argv: string[]) => ((await bench.run(...argv, '--json')).json as { id: string }[]).map(({ id }) => id)

/** Runs a verb whose change of the catalog is lost, as when the power goes before the disk has it: the repository has been synced, the catalog not. */
async function runAndLoseCatalog(...argv: string[]): Promise<void> {
  copyFileSync(catalog(), kept())
  expect((await bench.run(...argv)).code).toBe(0)
  for (const name of readdirSync(join(bench.home, 'prisma-free-db')))
    if (/^catalog\.db-(wal|shm)$/.test(name)) rmSync(join(bench.home, 'prisma-free-db', name))
  copyFileSync(kept(), catalog())
}

test('a catalog that lost what was forgotten, taken back or pruned says what is so at the next look', async () => {
  await bench.run('backup')
  writeFileSync(join(bench.workspace.logsDir, 'new.log'), 'new')
  await bench.run('backup')
  const [newest, oldest] = await ids('archives')
  await runAndLoseCatalog('forget', oldest!, '--reason', 'old')
  expect(await ids('archives')).toEqual([newest])
  expect(await ids('trash')).toEqual([oldest])
  await runAndLoseCatalog('unforget', oldest!)
  expect(await ids('archives')).toEqual([newest, oldest])
  expect(await ids('trash')).toEqual([])
  await bench.run('forget', oldest!, '--reason', 'old')
  await runAndLoseCatalog('prune', '--grace', '0')
  expect(await ids('archives')).toEqual([newest])
  expect(await ids('trash')).toEqual([])
  expect((await bench.run('verify', '--all', '--level', 'bytes')).code).toBe(0)
})
