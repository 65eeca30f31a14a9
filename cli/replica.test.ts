import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { makeSampleWorkspace } from '#test/builders/sample-workspace.ts'

let bench: Bench
const place = () => join(bench.folder, 'second-disk')
const replica = async (...argv: string[]) => (await bench.run('replica', ...argv, '--json')).json as never
const state = async () => ((await replica('show', 'disk')) as { state: Record<string, unknown> }).state

beforeAll(async () => {
  bench = await makeBench({ isQuick: true, packs: 6, logs: 2 })
  await bench.run('backup')
})
afterAll(() => bench.remove())

test('a replica is added, tried, estimated and filled; what there is comes back from it alone', async () => {
  const copies = async () => ((await bench.run('archives', '--json')).json as { copies: unknown }[]).map((row) => row.copies)
  expect(await copies()).toEqual([null])
  expect((await bench.run('replica', 'add', 'disk', '--folder', place(), '--keep', 'dailyDays=90')).code).toBe(0)
  expect(await copies()).toEqual([{ whole: 1, of: 2 }])
  expect((await bench.run('replica', 'test', 'disk')).code).toBe(0)
  expect(await state()).toMatchObject({ status: 'new', archivesCopied: 0 })
  const estimate = (await replica('estimate', 'disk')) as { bytes: number; archives: number; requests: { puts: number } }
  expect(estimate).toMatchObject({ archives: 1 })
  const synced = await bench.run('replica', 'sync', 'disk', '--json')
  expect(synced.code).toBe(0)
  expect(synced.json).toMatchObject({ type: 'result', archivesCopied: 1, archivesIncomplete: 0 })
  expect((synced.json as { bytesPut: number }).bytesPut).toBe(estimate.bytes)
  expect(await state()).toMatchObject({ status: 'current', archivesCopied: 1, lastError: null, tamperedAt: null })
  expect(await copies()).toEqual([{ whole: 2, of: 2 }])
  expect((await bench.run('archives')).stdout).toMatch(/COPIES[\s\S]* 2 of 2/)
  // The copy is a repository of its own.
  expect((await bench.run('--home', join(bench.folder, 'other'), 'repository', 'attach', place())).code).toBe(0)
})

test('a file and a whole archive are read from the replica while the repository is gone', async () => {
  const repository = join(bench.home, 'repository')
  cpSync(join(repository, 'packs'), join(bench.folder, 'packs'), { recursive: true })
  rmSync(join(repository, 'packs'), { recursive: true })
  const read = await bench.run('cat', 'latest', 'orchestrator_config.json', '--from-replica', 'disk')
  expect(read.stdout).toBe(readFileSync(join(bench.workspace.root, 'orchestrator_config.json'), 'utf8'))
  const out = join(bench.folder, 'out')
  expect((await bench.run('restore', 'latest', '--target', out, '--from-replica', 'disk')).code).toBe(0)
  expect(readFileSync(join(out, 'orchestrator_config.json'))).toEqual(readFileSync(join(bench.workspace.root, 'orchestrator_config.json')))
  cpSync(join(bench.folder, 'packs'), join(repository, 'packs'), { recursive: true })
})

test('a damaged pack of the repository heals from the replica by itself, though the live files are gone', async () => {
  const packs = join(bench.home, 'repository/packs')
  const [pack] = readdirSync(packs, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pack'))
    .map((name) => join(packs, name))
    .toSorted((a, b) => statSync(b).size - statSync(a).size)
  writeFileSync(pack!, '')
  rmSync(join(bench.workspace.root, 'logs'), { recursive: true })
  const healed = await bench.run('repository', 'heal')
  expect(healed.stdout).toContain('found in other repositories')
  expect(healed.code).toBe(0)
})

test('what somebody deletes from the copy is copied again and told until it is acknowledged; an empty place is not filled unasked', async () => {
  const pack = readdirSync(join(place(), 'packs'), { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.pack'))!
  rmSync(join(place(), 'packs', pack))
  const synced = await bench.run('replica', 'sync', 'disk')
  expect(synced.code).toBe(3)
  expect(synced.stderr).toContain('not by Orchive')
  expect(await state()).toMatchObject({ status: 'tampered', archivesCopied: 1, archivesIncomplete: 0 })
  expect((await bench.run('metrics')).stdout).toMatch(/orchive_replica_tampered\{workspace="[^"]+",replica="disk"\} 1/)
  expect((await bench.run('replica', 'acknowledge', 'disk', '--reason', 'a test')).code).toBe(0)
  expect(await state()).toMatchObject({ status: 'current' })
  rmSync(place(), { recursive: true })
  const refused = await bench.run('replica', 'sync', 'disk')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('There is no repository at')
  expect((await bench.run('replica', 'sync', 'disk', '--take-over')).code).toBe(0)
  expect((await bench.run('replica', 'verify', 'disk')).stdout).toContain('objects read back')
})

test('what cannot be meant is refused with what to do', async () => {
  const refused = async (...argv: string[]) => {
    const { code, stderr } = await bench.run('replica', ...argv)
    expect(code).toBeGreaterThan(0)
    return stderr
  }
  expect(await refused('add', 'x', '--folder', join(bench.home, 'repository'))).toContain('repository itself')
  expect(await refused('add', 'x', '--folder', join(bench.workspace.root, 'copy'))).toContain('overlap')
  expect(await refused('add', 'disk', '--folder', join(bench.folder, 'third'))).toContain('already a replica')
  expect(await refused('add', 'x', '--s3', 's3://bucket/prefix')).toContain('access key')
  expect(await refused('add', 'x', '--sftp', 'me@nas:/backup', '--secrets', '/nowhere')).toContain('cannot be read')
  expect(await refused('add', 'x', '--folder', join(bench.folder, 'third'), '--lock-days', '30')).toContain('not set to lock')
  expect(await refused('sync', 'nobody')).toContain('Known: disk')
  expect(await refused('change', 'disk', '--schedule', 'sometimes')).toContain('not valid')
  writeFileSync(join(bench.folder, 'a-file'), '')
  const elsewhere = ['change', 'disk', '--folder', join(bench.folder, 'a-file/copies')]
  expect(await refused(...elsewhere)).toContain('Nothing was changed: ')
  expect(await replica('show', 'disk')).toMatchObject({ place: place() })
  expect((await bench.run('replica', ...elsewhere, '--no-test')).code).toBe(0)
  expect((await bench.run('replica', 'change', 'disk', '--folder', place())).code).toBe(0)
})

test('a burnt host comes back from the copy alone, and its archives go into a repository of the new host', async () => {
  await bench.run('backup')
  await bench.run('replica', 'sync', 'disk')
  const home = join(bench.folder, 'new-home')
  const root = join(bench.folder, 'new-root')
  // What this home has besides is not meant when a copy is named.
  const other = makeSampleWorkspace(join(bench.folder, 'other-root'), { packs: 1, logs: 1, stateRecords: 1 })
  expect((await bench.run('--home', home, 'workspace', 'add', other.root, '--config', other.configPath, '--name', 'other')).code).toBe(0)
  const recovered = await bench.run('--home', home, 'recover', 'host', '--folder', place(), '--root', root, '--rewrite-config', '--yes')
  expect(recovered.stderr).not.toContain('failed')
  expect(recovered.code).toBe(0)
  expect(readdirSync(join(root, 'knowledge-packs')).length).toBeGreaterThan(0)
  expect((await bench.run('--home', home, 'backup', 'sample')).code).toBe(0)
  expect(existsSync(join(home, 'repository/repository.json'))).toBe(true)
  expect(readdirSync(place()).includes('locks')).toBe(false)
  const there = async (...argv: string[]) => (await bench.run('--home', home, ...argv)) as { code: number; stdout: string; json: never }
  expect((await there('repository', 'places')).stdout).toContain(place())
  const copied = readdirSync(join(place(), 'manifests')).map((name) => name.split('.')[0])
  const detached = await there('repository', 'detach', place(), '--json')
  expect(detached.code).toBe(0)
  expect((await there('repository', 'places', '--json')).json).toEqual([])
  expect(readdirSync(join(home, 'attached'))).toEqual([])
  const listed = ((await there('archives', '--json')).json as { id: string }[]).map(({ id }) => id)
  expect(detached.json).toEqual({ type: 'result', place: place(), archives: listed.length })
  expect(listed.filter((id) => copied.includes(id))).toEqual([])
  expect((await there('repository', 'detach', place())).code).toBe(10)
})
