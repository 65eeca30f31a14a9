import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { expectEqualTrees, readTree, type SeenPath } from '#test/builders/random-tree.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { type SampleShape, SHAPES } from '#test/builders/sample-workspace.ts'

let bench: Bench
afterEach(() => bench.remove())

interface Item {
  key: string
  kind: string
  path: string
  archiveName: string
}
const items = async () =>
  ((await bench.run('workspace', 'show', '--json')).json as { items: Item[] }).items.filter(({ kind }) => kind !== 'missing')
const listed = async () =>
  (await bench.run('ls', 'latest', '--recursive', '--json')).json as { path: string; type: string; sha256: string }[]

/** The root as somebody sees it, without what a restore keeps beside it; folders above items get new times. */
function seen(): SeenPath[] {
  return readTree(Buffer.from(bench.workspace.root))
    .filter(({ path }) => !path.includes('.orchive-restore-'))
    .map((path) => (path.type === 'dir' ? { ...path, mtimeNs: 0n } : path))
}

/** Backs up, loses every item, and gets it back in place. */
async function expectRoundTrip(): Promise<void> {
  const before = seen()
  expect((await bench.run('backup', '--json')).code).toBe(0)
  const paths = await items()
  const live = new Set(before.filter(({ type }) => type !== 'dir').map(({ path }) => join(bench.workspace.root, path)))
  const covered = [...live].filter((file) => paths.some(({ path }) => file === path || file.startsWith(`${path}/`)))
  const archived = (await listed()).filter(({ type }) => type !== 'dir')
  expect(archived).toHaveLength(covered.length)
  expect(new Set(archived.map(({ path }) => path)).size).toBe(archived.length)

  for (const { path } of paths) {
    if (path !== bench.workspace.root) rmSync(path, { recursive: true, force: true })
    else for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true })
  }
  expect(seen().length).toBeLessThan(before.length)
  const restored = await bench.run('restore', 'latest', '--in-place', '--yes', '--json')
  expect([0, 3], restored.stdout.slice(-2000)).toContain(restored.code)
  expectEqualTrees(seen(), before)
}

describe.each(Object.keys(SHAPES) as SampleShape[])('shape %s', (shape) => {
  test('every file is stored once, and everything that was lost comes back where it was', async () => {
    bench = await makeBench({ isQuick: true, shape })
    await expectRoundTrip()
  })
})

describe('items that overlap', () => {
  test('an item that is the root itself: config, state and packs are stored once, under their own names', async () => {
    bench = await makeBench({ isQuick: true, config: { logsDir: '.' } })
    await expectRoundTrip()
    const paths = (await listed()).map(({ path }) => path)
    expect(paths).toContain('orchestrator_state.json')
    expect(paths).toContain('orchestrator_config.json')
    expect(paths.filter((path) => /knowledge-pack-/.test(path)).every((path) => path.startsWith('knowledge-packs/'))).toBe(true)
  })

  test('the same path under two keys is one item', async () => {
    bench = await makeBench({ isQuick: true, config: { knowledgePackDir: './logs' } })
    await expectRoundTrip()
    expect((await items()).filter(({ path }) => path === bench.workspace.logsDir)).toHaveLength(1)
  })

  test('items in items in items', async () => {
    bench = await makeBench({ isQuick: true, shape: 'packs-in-logs', config: { docsPath: './logs/knowledge-packs/docs', digestDir: '.' } })
    mkdirSync(join(bench.workspace.packsDir, 'docs/deep'), { recursive: true })
    writeFileSync(join(bench.workspace.packsDir, 'docs/deep/a.md'), '# a')
    await bench.run('workspace', 'remove', 'sample')
    const extras = ['--item', 'docsPath', '--item', 'digestDir']
    expect((await bench.run('workspace', 'add', bench.workspace.root, '--name', 'sample', ...extras)).code).toBe(0)
    await expectRoundTrip()
    expect((await listed()).map(({ path }) => path)).toContain('docs/deep/a.md')
  })

  test('restoring an outer item in place leaves the items inside it alone, unless they are named', async () => {
    bench = await makeBench({ isQuick: true, shape: 'packs-in-logs' })
    await bench.run('backup')
    const { logsDir, packsDir, statePath } = bench.workspace
    const log = join(logsDir, 'run-0.jsonl')
    const pack = join(packsDir, readdirSync(packsDir)[0]!)
    const before = [log, pack, statePath].map((path) => readFileSync(path, 'utf8'))
    for (const path of [log, pack, statePath]) writeFileSync(path, '{"changed":true}')
    expect((await bench.run('restore', 'latest', 'logs', '--in-place', '--exact', '--yes')).code).toBe(0)
    expect([log, pack, statePath].map((path) => readFileSync(path, 'utf8'))).toEqual([before[0], '{"changed":true}', '{"changed":true}'])
    expect((await bench.run('restore', 'latest', 'knowledge-packs', 'orchestrator.state.json', '--in-place', '--yes')).code).toBe(0)
    expect([log, pack, statePath].map((path) => readFileSync(path, 'utf8'))).toEqual(before)
    expect(existsSync(join(logsDir, 'orchestrator.state.json'))).toBe(true)
  })
})
