import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
beforeEach(async () => {
  bench = await makeBench({ isQuick: true, packs: 1, logs: 1 })
})
afterEach(() => bench.remove())

const ids = async (...argv: string[]) => ((await bench.run(...argv, '--json')).json as { id: string }[]).map(({ id }) => id)

/** Runs a verb whose change of the catalog is lost, as when the power goes before the disk has it: the repository has been synced, the catalog not. */
async function runAndLoseCatalog(...argv: string[]): Promise<void> {
  const folder = join(bench.home, 'prisma-free-db')
  const files = () => readdirSync(folder).filter((name) => /^catalog\.db(-wal)?$/.test(name))
  const before = files().map((name) => ({ path: join(folder, name), bytes: readFileSync(join(folder, name)) }))
  expect((await bench.run(...argv)).code).toBe(0)
  for (const name of files()) rmSync(join(folder, name))
  for (const { path, bytes } of before) writeFileSync(path, bytes)
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
