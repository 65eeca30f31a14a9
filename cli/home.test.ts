import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consoleOf } from '#test/builders/console-of.ts'
import { putPerson } from '#test/builders/put-person.ts'
import { type Bench, makeBench, runQuickly } from '#test/builders/run-orchive.ts'

let bench: Bench
let saved: string
const copies = (repository: string) =>
  readdirSync(join(repository, 'system/console'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.db.zst'))
    .sort()

beforeAll(async () => {
  bench = await makeBench({ isQuick: true, packs: 2, logs: 1 })
  await bench.run('backup')
  await bench.run('retention', 'policy', 'set', 'sample', '--daily', '5')
  const home = consoleOf(bench.home)
  putPerson(home.ctx.consoleDb, { id: 'lea', name: 'Lea Lead', twoStep: true, email: 'lea@example.test', role: 'lead' })
  home.close()
  saved = join(bench.folder, 'saved')
})
afterAll(() => bench.remove())

test('a copy lies beside the archives, a verify reads it, and the oldest give way', async () => {
  for (let n = 0; n < 9; n++) expect((await bench.run('home', 'copy')).code).toBe(0)
  const names = copies(join(bench.home, 'repository'))
  expect(names).toHaveLength(7)
  expect((await bench.run('verify', '--all', '--level', 'bytes')).code).toBe(0)
  const newest = join(bench.home, 'repository/system/console', names.at(-1)!)
  const bytes = readFileSync(newest)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(newest, bytes)
  expect((await bench.run('verify', '--all', '--level', 'bytes')).code).toBe(1)
})

test('on a new host the newest whole copy comes back, and with the workspace everything that was set', async () => {
  const old = (await bench.run('workspace', 'list', '--json')).json as { id: string }[]
  renameSync(join(bench.home, 'repository'), saved)
  rmSync(bench.home, { recursive: true })
  rmSync(bench.workspace.root, { recursive: true })
  const run = (...argv: string[]) => runQuickly(bench.home, argv)
  const { code, json } = await run('home', 'restore', '--repository', saved, '--json')
  expect([code, json]).toMatchObject([0, { type: 'result', people: 1, workspaces: 1, twoStepEnded: 1, movedTo: null }])
  expect((json as { from: string }).from).toContain(copies(saved).at(-2))
  const back = await run('recover', 'host', '--repository', saved, '--root', bench.workspace.root, '--yes')
  expect([back.code, back.stderr]).toEqual([expect.toBeOneOf([0, 3]), expect.anything()])
  expect((await run('workspace', 'list', '--json')).json).toMatchObject([{ id: old[0]!.id, name: 'sample' }])
  expect((await run('retention', 'policy', 'show', '--json')).json).toMatchObject({ policy: { dailyDays: 5 } })
  expect((await run('people', 'list', '--json')).json).toMatchObject([{ email: 'lea@example.test', role: 'lead' }])
  expect((await run('audit', 'verify')).stdout).toContain('The chain is whole')
})

test('a home that has people is not overwritten unless that is said, and then kept; where there is no copy it says so', async () => {
  const run = (...argv: string[]) => runQuickly(bench.home, argv)
  const refused = await run('home', 'restore', '--repository', saved)
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('has a console database already, with 1 people')])
  const { json } = await run('home', 'restore', '--repository', saved, '--force', '--json')
  const { movedTo } = json as { movedTo: string }
  expect(readFileSync(movedTo).length).toBeGreaterThan(1000)
  rmSync(join(saved, 'system/console'), { recursive: true })
  const none = await run('home', 'restore', '--repository', saved, '--force')
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('holds no whole copy')])
})
