import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { craftArchive } from '#test/builders/crafted-archive.ts'
import { noise } from '#test/builders/random-tree.ts'
import { SLOTS } from '#test/builders/sealed.ts'
import type { Manifest } from '../repository/manifest.ts'
import { catFile } from './cat-file.ts'
import { verifyArchive } from './verify-archive.ts'
import type { EngineVerifyLevel, VerifyProgress } from './verify-types.ts'

let workspace: BackedUpWorkspace
const at = (path: string) => join(workspace.root, path)
const state = (records: number) =>
  JSON.stringify({ taskExecutions: Array.from({ length: records }, (_, i) => ({ taskId: `tsk_${i}`, status: 'success' })) })

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace({ slots: SLOTS })
  mkdirSync(at('logs/sub'), { recursive: true })
  mkdirSync(at('knowledge-packs'))
  for (let i = 0; i < 5; i++) writeFileSync(at(`logs/run-${i}.jsonl`), `{"run":${i}}\n`)
  writeFileSync(at('knowledge-packs/pack.json'), '{}')
  writeFileSync(at('orchestrator_state.json'), state(50))
})

afterEach(() => rmSync(workspace.folder, { recursive: true, force: true }))

const verify = (manifest: Manifest, level: EngineVerifyLevel = 'config', onProgress?: (progress: VerifyProgress) => void) =>
  verifyArchive({ repository: workspace.repository, reader: workspace.repository.readerOf(manifest), manifest, level, onProgress })

const codes = (verdict: Awaited<ReturnType<typeof verify>>) =>
  verdict.findings.filter((finding) => finding.severity === 'error').map((finding) => finding.code)

test('an archive in order reaches the level that was asked for, a rung each with its duration', async () => {
  const manifest = await workspace.backUp()
  for (const [i, level] of (['bytes', 'structure', 'content', 'config'] as const).entries()) {
    const verdict = await verify(manifest, level)
    expect(verdict.grade).toBe(i + 1)
    expect(verdict.rungs.map((rung) => [rung.level, rung.passed])).toEqual(Array.from({ length: i + 1 }, (_, n) => [n + 1, true]))
    expect(codes(verdict)).toEqual([])
  }
  const seen: string[] = []
  const { framesRead, bytesRead } = await verify(manifest, 'config', ({ phase }) => seen.at(-1) !== phase && seen.push(phase))
  expect(seen).toEqual(['bytes', 'structure', 'content', 'config'])
  expect(framesRead).toBeGreaterThan(10)
  expect(bytesRead).toBeGreaterThan(1000)
})

test('without its state file an archive does not get past its bytes', async () => {
  rmSync(at('orchestrator_state.json'))
  const verdict = await verify(await workspace.backUp())
  expect(verdict.grade).toBe(1)
  expect(codes(verdict)).toContain('item_missing')
})

test('what the archived config names and a listing of the archive does not show is missed at L2: config, state, packs', async () => {
  const base = await workspace.backUp()
  const whole = await verify(base, 'structure')
  expect(whole.findings.filter(({ code }) => code === 'required_missing')).toEqual([])
  const config = readFileSync(at('orchestrator_config.json'))
  const bare = await craftArchive(workspace.repository, base, [{ path: 'orchestrator_config.json', content: config }])
  const verdict = await verify(bare, 'structure')
  expect(verdict.grade).toBe(1)
  const said = verdict.findings.filter(({ code }) => code === 'required_missing')
  expect(said.map(({ severity, path }) => [severity, path])).toEqual([
    ['error', 'stateFile'],
    ['warning', 'knowledgePackDir'],
  ])
  expect(said[0]!.message).toContain('tar -t')
  const empty = await craftArchive(workspace.repository, base, [{ path: 'logs', type: 'dir' }])
  expect((await verify(empty, 'structure')).findings.some(({ message }) => message.includes('shows no config file'))).toBe(true)
})

test.each([
  ['torn', state(50).slice(0, 900), 'state_torn'],
  ['reset', '{"taskExecutions":[]}', 'state_reset'],
  ['cut down', state(20), 'state_shrunk'],
])('a state that is %s stops an archive at L2, also when the archive before it is bad in the same way', async (_, text, code) => {
  await workspace.backUp()
  writeFileSync(at('orchestrator_state.json'), text)
  const bad = await verify(await workspace.backUp(), 'content')
  expect(bad.grade).toBe(2)
  expect(codes(bad).some((found) => found === code || found === 'state_invalid' || found === 'state_list_shrunk')).toBe(true)
  expect((await verify(await workspace.backUp(), 'content')).grade).toBe(2)
})

test('a change that somebody accepted is told and does not count against the archive', async () => {
  await workspace.backUp()
  writeFileSync(at('orchestrator_state.json'), '{"taskExecutions":[]}')
  const manifest = await workspace.backUp()
  await workspace.repository.addMark(manifest.id, { kind: 'accept', at: manifest.createdAt, actor: 'lead', reason: 'we started over' })
  const verdict = await verify(manifest, 'content')
  expect(verdict.grade).toBe(3)
  expect(verdict.findings.some((finding) => finding.severity === 'info' && finding.message.includes('accepted'))).toBe(true)
})

test('what was found after somebody accepted an archive counts again', async () => {
  await workspace.backUp()
  writeFileSync(at('orchestrator_state.json'), '{"taskExecutions":[]}')
  const manifest = await workspace.backUp()
  const head = { at: manifest.createdAt, actor: 'lead', reason: 'looked at' }
  await workspace.repository.addMark(manifest.id, { kind: 'accept', ...head })
  expect((await verify(manifest, 'content')).grade).toBe(3)
  await workspace.repository.addMark(manifest.id, { kind: 'suspect', ...head, findings: [] })
  expect((await verify(manifest, 'content')).grade).toBe(2)
  // Nor is it what the next one is compared with.
  const next = await workspace.backUp()
  expect((await verify(next, 'content')).grade).toBe(2)
})

test('a safety archive is judged by what there was to keep: a lost state is no fault of it, a damaged one earns no better grade', async () => {
  await workspace.backUp()
  writeFileSync(at('orchestrator_state.json'), state(50).slice(0, 900))
  const damaged = await verify(await workspace.backUp('safety'), 'content')
  expect([damaged.grade, codes(damaged)]).toEqual([2, []])
  expect(damaged.findings.some(({ message }) => message.includes('which keeps it'))).toBe(true)
  rmSync(at('orchestrator_state.json'))
  const lost = await verify(await workspace.backUp('safety'), 'structure')
  expect([lost.grade, codes(lost)]).toEqual([2, []])
  expect(lost.findings).toContainEqual(expect.objectContaining({ severity: 'info', code: 'item_missing' }))
  // Damage that it did not keep but has itself is told as of any other.
  const broken = { ...(await workspace.backUp('safety')), totals: { files: 1, entries: 1, contentBytes: 1, storedBytes: 1 } }
  expect(codes(await verify(broken, 'structure'))).toContain('entries_missing')
})

test('a config whose paths are not on this host stops an archive at L3', async () => {
  writeFileSync(
    at('orchestrator_config.json'),
    JSON.stringify({ logsDir: './logs', stateFile: './orchestrator_state.json', docsPath: './docs' }),
  )
  const manifest = await workspace.backUp()
  expect((await verify({ ...manifest, root: '/nowhere/else', configPath: '/nowhere/else/orchestrator_config.json' })).grade).toBe(3)
})

test('lines that do not describe a tar stream are found: heads, lengths, links, folders, counts, items', async () => {
  const base = await workspace.backUp()
  const crafted = await craftArchive(workspace.repository, base, [
    { path: 'logs', type: 'dir' },
    { path: 'logs/a', content: Buffer.from('a') },
    { path: 'logs/b', content: Buffer.from('b'), sizeBytes: 1000 },
    { path: 'logs/missing/c', content: Buffer.from('c') },
    { path: 'logs/z', type: 'hardlink', linkTarget: 'logs/nothing' },
    { path: 'strange', content: Buffer.from('s') },
  ])
  const verdict = await verify(crafted, 'structure')
  expect(new Set(codes(verdict))).toEqual(
    new Set([
      'length_differs',
      'folder_missing',
      'link_broken',
      'item_unknown',
      'entries_missing',
      'item_missing',
      'item_differs',
      'required_missing',
    ]),
  )
  const unsafe = await craftArchive(workspace.repository, base, [{ path: '../x', content: Buffer.from('x') }])
  expect(codes(await verify(unsafe, 'structure'))).toContain('path_unsafe')
  const swapped = await craftArchive(workspace.repository, base, [
    { path: 'logs', type: 'dir' },
    { path: 'logs/a', content: Buffer.from('a') },
  ])
  for await (const entry of workspace.repository.entriesOf(swapped)) {
    if (entry.type !== 'file') continue
    const lying = await craftArchive(workspace.repository, base, [
      { path: 'logs', type: 'dir' },
      { path: 'logs/b', content: Buffer.from('a'), frames: entry.frames },
    ])
    expect(codes(await verify(lying, 'structure'))).toContain('head_differs')
  }
})

test('a missing section and missing frames are named with what they cost', async () => {
  const base = await workspace.backUp()
  const crafted = await craftArchive(workspace.repository, base, [
    { path: 'logs', type: 'dir' },
    { path: 'logs/lost', content: Buffer.from('x'), frames: ['c'.repeat(64), 'd'.repeat(64)] },
  ])
  const verdict = await verify(
    { ...crafted, sections: [...crafted.sections, { id: 'e'.repeat(64), entries: 7, firstPath: 'zebra' }] },
    'bytes',
  )
  expect(verdict.grade).toBe(0)
  expect(verdict.findings).toMatchObject([
    { code: 'frame_missing', path: 'zebra', message: expect.stringContaining('7 entries') },
    { code: 'frame_missing', path: 'logs/lost' },
  ])
})

test('large archives are checked on worker threads with the same result, and a cancel ends it', async () => {
  for (let i = 0; i < 4; i++) writeFileSync(at(`logs/large-${i}.bin`), noise(7_000_000, i + 7))
  const manifest = await workspace.backUp()
  expect(await verify(manifest, 'structure')).toMatchObject({ grade: 2 })
  const { repository } = workspace
  const input = { repository, reader: repository.readerOf(manifest), manifest, level: 'bytes' as const }
  await expect(verifyArchive({ ...input, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' })
})

test('cat gives any range of a file, through hard links too, and says what has no content', async () => {
  const content = noise(2_500_000, 5)
  writeFileSync(at('logs/big.bin'), content)
  const manifest = await workspace.backUp()
  const reader = workspace.repository.readerOf(manifest)
  const index = await workspace.repository.index()
  const cat = async (path: string, options: Parameters<typeof catFile>[2] = {}) => {
    const parts: Buffer[] = []
    const sink = new Writable({
      write(part: Buffer, _, done) {
        parts.push(part)
        done()
      },
    })
    const { bytes } = await catFile(reader, path, options, sink)
    expect(Buffer.concat(parts).length).toBe(bytes)
    return Buffer.concat(parts)
  }
  expect(
    createHash('sha256')
      .update(await cat('logs/big.bin'))
      .digest('hex'),
  ).toBe(createHash('sha256').update(content).digest('hex'))
  for (const rawBytesOf of [undefined, (id: string) => index.get(id)?.rawBytes ?? null]) {
    for (const [offsetBytes, lengthBytes] of [
      [0, 10],
      [1_000_000, 700_000],
      [2_499_999, 50],
      [3_000_000, 10],
      [5, null],
    ] as const) {
      const expected = content.subarray(offsetBytes, lengthBytes === null ? undefined : offsetBytes + lengthBytes)
      expect((await cat('logs/big.bin', { offsetBytes, lengthBytes, ...(rawBytesOf ? { rawBytesOf } : {}) })).equals(expected)).toBe(true)
    }
  }
  await expect(cat('logs')).rejects.toMatchObject({ code: 'path_unknown', message: expect.stringContaining('folder') })
  await expect(cat('logs/nothing')).rejects.toMatchObject({ code: 'path_unknown' })
})
