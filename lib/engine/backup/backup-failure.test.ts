import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '#lib/base/errors.ts'
import type { Manifest } from '../repository/manifest.ts'
import { openRepository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import type { ObjectWriter, Storage } from '../storage/storage.ts'
import { type BackupBench, makeBackupBench } from './testing.ts'

let bench: BackupBench
beforeEach(async () => {
  bench = await makeBackupBench()
  bench.write('orchestrator_state.json', JSON.stringify({ taskExecutions: Array.from({ length: 50 }, (_, i) => ({ i })) }))
  for (let i = 0; i < 300; i++) bench.write(`knowledge-packs/pack-${i}.json`, `{"id":${i}}`)
  for (let i = 0; i < 3; i++) bench.write(`logs/run-${i}.jsonl`, randomBytes(3_000_000))
})
afterEach(() => bench.remove())

const objects = () =>
  readdirSync(bench.repositoryPath, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(bench.repositoryPath.length + 1))
    .sort()

async function expectReadable(manifest: Manifest): Promise<void> {
  const repository = await openRepository(openLocalStorage(bench.repositoryPath))
  let entries = 0
  for await (const entry of repository.entriesOf(manifest)) {
    entries++
    for (const id of entry.frames) await repository.frame(id)
  }
  expect(entries).toBe(manifest.totals.entries)
  repository.close()
}

/** A storage whose disk is full after so many bytes. */
function fillingStorage(storage: Storage, roomBytes: number): Storage {
  let room = roomBytes
  const take = (bytes: Uint8Array) => {
    room -= bytes.length
    if (room < 0) throw new AppError('repository_full', { message: 'The disk is full.' })
  }
  const wrap = (writer: ObjectWriter): ObjectWriter => ({
    append: async (bytes) => {
      take(bytes)
      await writer.append(bytes)
    },
    commit: (name) => writer.commit(name),
    abort: () => writer.abort(),
  })
  return new Proxy(storage, {
    get(target, key) {
      if (key === 'create') return async () => wrap(await target.create())
      if (key === 'put')
        return async (name: string, bytes: Uint8Array) => {
          if (!name.startsWith('locks/')) take(bytes)
          await target.put(name, bytes)
        }
      const value = Reflect.get(target, key) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('worker threads and all: what is archived is what is there', async () => {
  const { manifest, filesRead } = await bench.take()
  expect(filesRead).toBe(305)
  for (const entry of (await bench.entries(manifest)).values()) {
    if (entry.type === 'file') expect((await bench.content(entry)).equals(readFileSync(bench.at(entry.path)))).toBe(true)
  }
  expect((await bench.take()).filesRead).toBe(2)
})

test('a disk that fills up leaves nothing listed, no unfinished file and no orphan; earlier archives are intact', async () => {
  const first = await bench.take()
  const before = objects()
  for (let i = 0; i < 3; i++) bench.write(`logs/more-${i}.jsonl`, randomBytes(3_000_000))
  for (const room of [0, 1_000_000, 5_000_000, 9_001_500, 9_003_000]) {
    const repository = await openRepository(fillingStorage(openLocalStorage(bench.repositoryPath), room))
    await expect(bench.take({ repository })).rejects.toMatchObject({ code: 'repository_full' })
    expect(objects()).toEqual(before)
    repository.close()
  }
  await expectReadable(first.manifest)
  const second = await bench.take()
  await expectReadable(second.manifest)
  expect(second.manifest.seriesNumber).toBe(2)
})

test('cancelled in the middle: nothing is listed, nothing unfinished stays, the lease is free', async () => {
  const abort = new AbortController()
  let reports = 0
  const cancelled = bench.take({
    signal: abort.signal,
    onProgress: () => {
      if (++reports === 2) abort.abort()
    },
  })
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
  expect(await bench.repository.listArchives()).toEqual([])
  expect(objects().filter((name) => /tmp-|locks\//.test(name))).toEqual([])
  await expectReadable((await bench.take()).manifest)
})

test('killed at any point: every listed archive is readable, and the next backup works', async () => {
  const script = join(bench.root, '..', 'child.ts')
  writeFileSync(script, childScript())
  const seen = new Set<string>()
  for (let round = 0; round < 12; round++) {
    bench.write(`logs/round-${round}.jsonl`, randomBytes(500_000))
    const child = spawn(process.execPath, [script], { stdio: 'ignore', cwd: process.cwd() })
    await killSoon(child, round * 60)
    const repository = await openRepository(openLocalStorage(bench.repositoryPath))
    for (const id of await repository.listArchives()) {
      if (!seen.has(id)) await expectReadable(await repository.readManifest(id))
      seen.add(id)
    }
    repository.close()
  }
  const { manifest } = await bench.take()
  await expectReadable(manifest)
  expect(objects().filter((name) => name.includes('tmp-'))).toEqual([])
})

function childScript(): string {
  const input = bench.input()
  const from = (path: string) => JSON.stringify(join(process.cwd(), path))
  return `
import { runBackup } from ${from('lib/engine/backup/run-backup.ts')}
import { openLocalStorage } from ${from('lib/engine/storage/local-storage.ts')}
import { openRepository } from ${from('lib/engine/repository/repository.ts')}
import { readConfig } from ${from('lib/engine/workspace/read-config.ts')}
import { resolveItems } from ${from('lib/engine/workspace/resolve-items.ts')}
import { systemClock } from ${from('lib/base/clock.ts')}
const repository = await openRepository(openLocalStorage(${JSON.stringify(bench.repositoryPath)}))
const workspace = ${JSON.stringify(input.workspace)}
for (;;) await runBackup({ repository, workspace, series: ${JSON.stringify(input.series)}, kind: 'backup', note: null, actor: 'test', tool: 'test',
  rescan: false, statCachePath: ${JSON.stringify(bench.statCachePath)}, clock: systemClock,
  resolution: resolveItems({ root: workspace.root, configPath: workspace.configPath, config: readConfig(workspace.configPath) }) })
`
}

/** Kills with SIGKILL once the child holds the lease and some time has passed, spread over the work. */
async function killSoon(child: ChildProcess, afterMs: number): Promise<void> {
  const lease = join(bench.repositoryPath, 'locks/writer.json')
  while (!existsSync(lease) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

test('a pack that vanished makes its files be read again, though they are unchanged', async () => {
  await bench.take()
  const pack = objects().find((name) => name.endsWith('.pack') && readFileSync(join(bench.repositoryPath, name)).length > 1_000_000)!
  rmSync(join(bench.repositoryPath, pack))
  rmSync(join(bench.repositoryPath, pack.replace('.pack', '.idx.zst')))
  const repository = await openRepository(openLocalStorage(bench.repositoryPath))
  const { manifest, filesRead } = await bench.take({ repository })
  expect(filesRead).toBe(305)
  await expectReadable(manifest)
  repository.close()
})

test('when the lines of the archive before cannot be read, everything is read and that is told', async () => {
  await bench.take()
  const meta = objects().find((name) => name.endsWith('.pack') && readFileSync(join(bench.repositoryPath, name)).length < 1_000_000)!
  const path = join(bench.repositoryPath, meta)
  const bytes = readFileSync(path)
  for (let at = 20; at < bytes.length; at += 50) bytes[at]! ^= 0xff
  rmSync(path)
  writeFileSync(path, bytes)
  bench.write('knowledge-packs/pack-5.json', '{"new":true}')
  const repository = await openRepository(openLocalStorage(bench.repositoryPath))
  const { manifest } = await bench.take({ repository })
  expect(manifest.findings.map(({ code }) => code)).toContain('prior_unreadable')
  expect(manifest.seriesNumber).toBe(2)
  repository.close()
})
