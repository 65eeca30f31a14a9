/** The second reader of the format: a program in Python that was written from docs/repository-format.md and shares nothing with this one. */
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { makeTree, noise, randomTree } from '#test/builders/random-tree.ts'
import { type BackupBench, makeBackupBench } from '../backup/testing.ts'
import { exportTar } from '../tar/export-stream.ts'
import type { Manifest } from './manifest.ts'
import type { SlotForMaster } from './repository.ts'

const READER = join(process.cwd(), 'test/reader/read_repository.py')
const hasPython = spawnSync('python3', ['-c', 'import sys; assert sys.version_info >= (3, 8)']).status === 0

const KEY = randomBytes(32)
const SLOTS: SlotForMaster[] = [
  { secret: { kind: 'key', key: KEY }, label: 'a key' },
  { secret: { kind: 'passphrase', passphrase: 'Übung macht den Meister' }, label: 'a passphrase', cost: { n: 16, r: 8, p: 2 } },
]

let bench: BackupBench
afterEach(() => bench.remove())

interface Read {
  id: string
  archives: Record<string, { entries: number; tar: string; files: Record<string, string> }>
  marks: [string, number, string][]
}

function readAll(secret: string[] = []): Read {
  const options = { encoding: 'utf8', maxBuffer: 1 << 26 } as const
  const { status, stdout, stderr } = spawnSync('python3', [READER, bench.repositoryPath, ...secret], options)
  expect([status, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as Read
}

async function tarOf(manifest: Manifest): Promise<string> {
  const sum = createHash('sha256')
  const sink = new Writable({
    write(piece: Buffer, _encoding, done) {
      sum.update(piece)
      done()
    },
  })
  await exportTar(bench.repository.readerOf(manifest), { format: 'tar', manifestJson: null }, sink)
  return sum.digest('hex')
}

test.skipIf(!hasPython).for([
  { kind: 'plain', slots: [], secret: [], again: [] },
  { kind: 'encrypted', slots: SLOTS, secret: ['key', KEY.toString('hex')], again: ['passphrase', 'Übung macht den Meister'] },
])(
  'every head, cut, section, index, tag and checksum is what the page says, and tar streams are the same byte for byte: $kind',
  async ({ slots, secret, again }) => {
    bench = await makeBackupBench(undefined, slots)
    bench.write('logs/long.log', noise(3_000_000, 1))
    bench.write(`logs/${'folder/'.repeat(20)}${'n'.repeat(90)}.log`, 'deep\n')
    bench.write(`logs/${'x'.repeat(200)}`, 'name without a place to split it\n')
    bench.write('logs/u\u0308bersicht', 'not in normal form\n')
    bench.write('logs/Übersicht', 'in normal form\n')
    linkSync(bench.at('logs/long.log'), bench.at('logs/same.log'))
    symlinkSync('é'.repeat(60), bench.at('logs/far'))
    for (let i = 0; i < 300; i++) bench.write(`logs/many/${i}.log`, `line ${i}\n`)
    const first = (await bench.take({ rescan: true })).manifest
    bench.write('logs/long.log', noise(3_000_100, 2))
    const second = (await bench.take({ rescan: true })).manifest
    const at = second.createdAt
    await bench.repository.addMark(first.id, { kind: 'hold', at, actor: 'test', reason: 'why', until: null })
    await bench.repository.addMark(first.id, { kind: 'note', at, actor: 'test', text: 'ü' })
    const read = readAll(secret)
    if (again.length > 0) expect(readAll(again)).toEqual(read)
    expect(read.id).toBe(bench.repository.head.id)
    expect(read.marks).toEqual([
      [first.id, 1, 'hold'],
      [first.id, 2, 'note'],
    ])
    for (const manifest of [first, second]) {
      const entries = await bench.entries(manifest)
      const files = [...entries.values()].flatMap(({ path, sha256 }) => (sha256 === null ? [] : [[path, sha256]]))
      expect(read.archives[manifest.id]).toEqual({ entries: entries.size, tar: await tarOf(manifest), files: Object.fromEntries(files) })
    }
  },
)

test.skipIf(!hasPython)('any tree is read the same by both', async () => {
  bench = await makeBackupBench()
  await fc.assert(
    fc.asyncProperty(randomTree, async (nodes) => {
      const logs = Buffer.from(bench.at('logs'))
      rmSync(logs, { recursive: true, force: true })
      mkdirSync(logs)
      makeTree(logs, nodes)
      const { manifest } = await bench.take({ rescan: true })
      expect(readAll().archives[manifest.id]!.tar).toBe(await tarOf(manifest))
    }),
    { numRuns: 5 },
  )
})
