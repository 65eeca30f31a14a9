import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MigrationReport } from '#lib/contracts/migration.ts'
import type { Replica } from '#lib/contracts/replica.ts'
import { acquireLease } from '#lib/engine/repository/lease.ts'
import { noteReplaced } from '#lib/engine/repository/replaced.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
let newId: string
const at = (name: string) => join(bench.folder, name)
const old = () => join(bench.home, 'repository')

/** Every object of a repository and its bytes, but for leases. */
function objectsOf(place: string): Record<string, string> {
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('locks') && statSync(join(place, name)).isFile(),
  )
  return Object.fromEntries(
    names.sort().map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(place, name)))
        .digest('hex'),
    ]),
  )
}

/** What the catalog answers, without what depends on where archives lie. */
async function answers() {
  const list = (await bench.run('archives', '--json')).json
  const history = (await bench.run('history', 'orchestrator_state.json', '--json')).json
  const trash = (await bench.run('trash', '--json')).json
  return {
    list,
    history,
    trash: JSON.parse(JSON.stringify(trash).replaceAll(old(), 'R').replaceAll(at('sealed'), 'R').replaceAll(at('rotated'), 'R')),
  }
}

const migrate = async (...argv: string[]) => {
  const ran = await bench.run('repository', 'migrate', ...argv, '--json')
  return { ...ran, report: ran.code === 0 || ran.code === 3 ? (ran.json as MigrationReport & { recoveryKey: string | null }) : null }
}

beforeAll(async () => {
  bench = await makeBench({ isQuick: true, packs: 4, logs: 2 })
  for (let day = 0; day < 3; day++) {
    appendFileSync(join(bench.workspace.root, 'logs/more.jsonl'), `day ${day}\n`)
    expect((await bench.run('backup')).code).toBe(0)
  }
  await bench.run('verify', 'latest')
  await bench.run('hold', 'latest~1', '--reason', 'keep')
  await bench.run('forget', 'latest~2')
})
afterAll(() => bench.remove())

test('a target that is no empty folder of its own is refused, and so is one that is not encrypted either', async () => {
  mkdirSync(at('taken'))
  writeFileSync(join(at('taken'), 'something'), '')
  for (const [argv, code, text] of [
    [[at('taken'), '--encrypt'], 1, 'is not empty'],
    [[join(old(), 'within'), '--encrypt'], 1, 'lie in one another'],
    [[join(bench.workspace.root, 'within'), '--encrypt'], 1, 'lie in one another'],
    [[bench.home, '--encrypt'], 1, 'lie in one another'],
    [[old()], 2, 'in use already'],
    [[at('other')], 2, 'would not be either'],
    [[at('other'), '--encrypt', '--leave-out', 'arc_000000'], 1, 'no archive'],
  ] as const) {
    const ran = await bench.run('repository', 'migrate', ...argv)
    expect([ran.code, ran.stderr], argv.join(' ')).toEqual([code, expect.stringContaining(text)])
  }
})

test('without --switch the old repository is in use as before, and not one byte of it has changed', async () => {
  const [before, told] = [objectsOf(old()), await answers()]
  const { report, stdout } = await migrate(at('sealed'), '--encrypt')
  expect(report).toMatchObject({ isEncrypted: true, isSwitched: false, archives: 3, workspaces: [], findings: [] })
  expect(report!.recoveryKey).toMatch(/^orchive-key-1 /)
  newId = report!.toId
  expect(stdout.split('\n')[0]).toContain('recovery-key')
  expect(objectsOf(old())).toEqual(before)
  expect(await answers()).toEqual(told)
  const attached = await bench.run('repository', 'attach', at('sealed'))
  expect([attached.code, attached.stderr]).toEqual([1, expect.stringContaining('does not hold all of it yet')])
})

test('a change-over that was cut short lets nobody write into the old one, and is ended by the next run', async () => {
  expect((await bench.run('backup')).code).toBe(0)
  const told = await answers()
  const storage = openLocalStorage(old())
  const lease = await acquireLease(storage, {
    purpose: 'a long backup',
    since: new Date(0).toISOString(),
    monotonicMs: () => performance.now(),
  })
  const locked = await bench.run('repository', 'migrate', at('sealed'), '--switch')
  expect([locked.code, locked.stderr]).toEqual([11, expect.stringContaining('a long backup')])
  await lease.release()
  await noteReplaced(storage, { by: newId, path: at('sealed'), at: new Date(0).toISOString() })
  const refused = await bench.run('backup')
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('repository migrate')])
  expect((await bench.run('cat', 'latest', 'orchestrator_config.json')).code).toBe(0)
  expect(await answers()).toEqual(told)
  const { report } = await migrate(at('sealed'), '--switch')
  expect(report).toMatchObject({ isSwitched: true, archives: 4, workspaces: ['sample'], recoveryKey: null, findings: [] })
  // The run that found the old one in use had written it already.
  expect(report!.written).toEqual([])
  expect(await answers()).toEqual(told)
})

test('with the new one in use ids, history, grades, holds and the trash are as before, a rebuild says the same, and the next backup stores nothing anew', async () => {
  const told = await answers()
  expect((await bench.run('catalog', 'rebuild')).code).toBe(0)
  expect(await answers()).toEqual(told)
  expect((await bench.run('verify', '--all')).code).toBe(0)
  expect((await bench.run('cat', 'latest', 'orchestrator_config.json')).stdout).toBe(readFileSync(bench.workspace.configPath, 'utf8'))
  const next = (await bench.run('backup', '--json')).json as { storedBytes: number }
  expect(next.storedBytes).toBeLessThan(4000)
  expect((await bench.run('verify', 'latest')).code).toBe(0)
  const stats = await bench.run('repository', 'stats')
  expect(stats.stdout).toContain(`${old()} was replaced by ${at('sealed')}`)
  expect(readdirSync(join(at('sealed'), 'system/migration'))).toEqual([])
})

test('nobody writes into the old one any more, and it is not attached by mistake', async () => {
  const attached = await bench.run('repository', 'attach', old())
  expect([attached.code, attached.stderr]).toEqual([1, expect.stringContaining('was replaced by')])
  const elsewhere = await bench.run('repository', 'attach', old(), '--home', at('home-2'))
  expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('was replaced by')])
  expect(await bench.run('prune', '--repository', old())).toMatchObject({ code: 10 })
})

test('a repository gets new keys by migrating again; the keys of the old one open nothing of it, and its replicas go on beside their places or say what they need', async () => {
  const place = (name: string) => at(`copies/${name}`)
  const state = async (name: string) => ((await bench.run('replica', 'show', name, '--json')).json as Replica).state
  for (const name of ['disk', 'taken']) {
    expect((await bench.run('replica', 'add', name, '--folder', place(name))).code).toBe(0)
    expect((await bench.run('replica', 'sync', name)).code).toBe(0)
  }
  const ready = await migrate(at('rotated'))
  const beside = (name: string) => `${place(name)}-${ready.report!.toId.slice(5, 13)}`
  mkdirSync(beside('taken'))
  writeFileSync(join(beside('taken'), 'repository.json'), '{"id": "repo_of_somebody_else"}')
  const { archivesCopied: copied } = await state('disk')
  const [disk, taken] = [objectsOf(place('disk')), objectsOf(place('taken'))]
  const { report, code } = await migrate(at('rotated'), '--switch')
  expect(code).toBe(3)
  expect(report).toMatchObject({ isEncrypted: true, isSwitched: true, archives: 5 })
  expect(report!.replicas).toEqual([
    { name: 'disk', from: place('disk'), to: beside('disk'), why: null },
    { name: 'taken', from: place('taken'), to: null, why: `${beside('taken')} holds another repository.` },
  ])
  expect(await state('disk')).toMatchObject({ archivesCopied: 0, lastSuccessAt: null })
  expect(await state('taken')).toMatchObject({
    status: 'failed',
    archivesCopied: 0,
    lastError: { hint: expect.stringContaining('another folder') },
  })
  expect((await bench.run('replica', 'sync', 'taken')).stderr).toContain('holds another repository')
  expect((await bench.run('replica', 'change', 'taken', '--folder', at('copies/third'))).code).toBe(0)
  for (const name of ['disk', 'taken']) {
    const synced = await bench.run('replica', 'sync', name)
    expect([synced.code, synced.stderr]).toEqual([0, expect.anything()])
    expect(await state(name)).toMatchObject({ status: 'current', archivesCopied: copied })
  }
  expect(objectsOf(place('disk'))).toEqual(disk)
  expect(objectsOf(place('taken'))).toEqual(taken)
  expect(readdirSync(beside('taken'))).toEqual(['repository.json'])
  writeFileSync(at('old.key'), readFileSync(join(bench.home, 'keys', `${report!.fromId}.key`)))
  const opened = await bench.run('repository', 'unlock', at('rotated'), '--key-file', at('old.key'), '--home', at('home-3'))
  expect([opened.code, opened.stderr]).toEqual([1, expect.stringContaining('does not open')])
  expect((await bench.run('backup')).code).toBe(0)
  expect((await bench.run('verify', '--all')).code).toBe(0)
})
