import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { noise } from '#test/builders/random-tree.ts'
import type { Manifest } from '../repository/manifest.ts'
import { openRepository, type Repository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { verifyArchive } from './verify-archive.ts'
import { verifyRepository } from './verify-repository.ts'

let workspace: BackedUpWorkspace
let first: Manifest
let manifest: Manifest

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(join(workspace.root, 'logs'))
  for (let i = 0; i < 20; i++) writeFileSync(join(workspace.root, `logs/run-${i}.jsonl`), noise(200 + i, i + 1))
  writeFileSync(join(workspace.root, 'logs/large.bin'), noise(300_000, 99))
  writeFileSync(join(workspace.root, 'orchestrator_state.json'), '{"tasks":[1,2,3]}')
  first = await workspace.backUp()
  writeFileSync(join(workspace.root, 'logs/run-0.jsonl'), 'changed')
  manifest = await workspace.backUp()
  await workspace.repository.addMark(manifest.id, {
    kind: 'hold',
    at: manifest.createdAt,
    actor: 'test',
    reason: 'keep this one',
    until: null,
  })
})

afterAll(() => rmSync(workspace.folder, { recursive: true, force: true }))

/** A repository as a new process sees it; one that cannot even be opened is left to the caller. */
const open = (): Promise<Repository> => openRepository(openLocalStorage(workspace.repositoryPath))

function files(): string[] {
  return readdirSync(workspace.repositoryPath, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('locks') && statSync(join(workspace.repositoryPath, name)).isFile())
    .sort()
}

/** Errors of a look at everything; opening counts. */
async function errors(): Promise<string[]> {
  try {
    const { findings } = await verifyRepository({ repository: await open() })
    return findings.filter((finding) => finding.severity === 'error').map((finding) => `${finding.path}: ${finding.message}`)
  } catch (error) {
    return [String(error)]
  }
}

test('a sound repository has no finding, and everything in it was read', async () => {
  const verdict = await verifyRepository({ repository: await open() })
  expect(verdict.findings).toEqual([])
  const sizes = files().reduce((sum, name) => sum + statSync(join(workspace.repositoryPath, name)).size, 0)
  const heads = ['repository.json'].reduce((sum, name) => sum + statSync(join(workspace.repositoryPath, name)).size, 0)
  const indexes = files().filter((name) => name.endsWith('.idx.zst'))
  const indexBytes = indexes.reduce((sum, name) => sum + statSync(join(workspace.repositoryPath, name)).size, 0)
  expect(verdict.bytesRead).toBe(sizes - heads - indexBytes)
})

test('a flipped bit in any repository file is found', async () => {
  const names = files()
  for (const kind of [/^repository\.json$/, /^README\.txt$/, /^recover\.sh$/, /\.pack$/, /\.idx\.zst$/, /\.mft\.zst$/, /^marks\//]) {
    expect(
      names.some((name) => kind.test(name)),
      String(kind),
    ).toBe(true)
  }
  let seed = 12_345
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  for (const name of names) {
    const path = join(workspace.repositoryPath, name)
    const sound = readFileSync(path)
    // The header of a zstd frame has bits that decoding ignores; they get a flip each, the rest a sample.
    const header = Array.from({ length: 6 * 8 }, (_, bit) => bit)
    const bits = [...(name.endsWith('.zst') ? header : []), ...Array.from({ length: 8 }, () => random(sound.length * 8))]
    for (const bit of bits) {
      const flipped = Buffer.from(sound)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      writeFileSync(path, flipped)
      expect(await errors(), `${name}, bit ${bit}`).not.toEqual([])
    }
    writeFileSync(path, sound)
  }
  expect(await errors()).toEqual([])
})

test('a file that is cut short, emptied or gone is found', async () => {
  for (const name of files()) {
    const path = join(workspace.repositoryPath, name)
    const sound = readFileSync(path)
    for (const length of [0, Math.floor(sound.length / 2), sound.length - 1]) {
      writeFileSync(path, sound.subarray(0, length))
      expect(await errors(), `${name} at ${length} bytes`).not.toEqual([])
    }
    if (/\.pack$/.test(name)) {
      rmSync(path)
      const repository = await open()
      const verdicts = await Promise.all(
        [first, manifest].map((m) => verifyArchive({ repository, reader: repository.readerOf(m), manifest: m, level: 'bytes' })),
      )
      expect(
        verdicts.some((verdict) => verdict.grade === 0),
        `${name} gone`,
      ).toBe(true)
    }
    writeFileSync(path, sound)
  }
})

test('a damaged frame costs the archives that need it, by name of the file, and no others; nothing is read twice', async () => {
  const repository = await open()
  let entry = null
  for await (const found of repository.entriesOf(manifest, ['logs/run-0.jsonl'])) entry = found
  const location = (await repository.index()).get(entry!.frames[1]!)!
  const path = join(workspace.repositoryPath, location.pack)
  const sound = readFileSync(path)
  const damaged = Buffer.from(sound)
  damaged[location.offset + location.storedBytes - 6]! ^= 0xff
  writeFileSync(path, damaged)
  try {
    const again = await open()
    const { health, findings } = await verifyRepository({ repository: again })
    expect(findings.map((finding) => finding.path)).toEqual([relative(workspace.repositoryPath, path)])
    expect([...health.badFrames.keys()]).toEqual([entry!.frames[1]])
    const verify = (m: Manifest, given?: typeof health) =>
      verifyArchive({ repository: again, reader: again.readerOf(m), manifest: m, level: 'structure', health: given })
    for (const given of [health, undefined]) {
      const bad = await verify(manifest, given)
      expect(bad.grade).toBe(0)
      expect(bad.findings.filter((finding) => finding.severity === 'error')).toMatchObject([
        { code: 'frame_damaged', path: 'logs/run-0.jsonl' },
      ])
      expect(await verify(first, given)).toMatchObject({ grade: 2 })
      if (given) expect(bad.framesRead).toBe(0)
    }
  } finally {
    writeFileSync(path, sound)
  }
})
