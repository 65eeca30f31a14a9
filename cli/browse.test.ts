import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, makeBench, runOrchive } from '#test/builders/run-orchive.ts'
import { advanceDay } from '#test/builders/sample-workspace.ts'

let bench: Bench
beforeAll(async () => {
  bench = await makeBench({ isQuick: true })
  await bench.run('backup', '--note', 'first')
  advanceDay(bench.workspace)
  await bench.run('backup')
})
afterAll(() => bench.remove())

test('archives lists newest first with the fixed fields', async () => {
  const rows = (await bench.run('archives', '--json')).json as Record<string, unknown>[]
  expect(rows).toHaveLength(2)
  expect(rows[1]).toMatchObject({ workspace: 'sample', kind: 'backup', note: 'first', grade: null, hold: null, files: expect.any(Number) })
  expect(Object.keys(rows[0]!)).toEqual(expect.arrayContaining(['id', 'createdAt', 'contentBytes', 'storedBytes', 'items']))
  expect(String(rows[0]!.createdAt) > String(rows[1]!.createdAt)).toBe(true)
})

test('an archive can be named by prefix, latest~N and @TIME', async () => {
  const [newest, oldest] = (await bench.run('archives', '--json')).json as { id: string; createdAt: string }[]
  const note = async (name: string) => ((await bench.run('ls', name, 'orchestrator_config.json', '--json')).json as unknown[]).length
  expect(await note(newest!.id.slice(0, 12))).toBe(1)
  expect(await note('latest~1')).toBe(1)
  expect(await note(`@${oldest!.createdAt}`)).toBe(1)
  expect((await bench.run('ls', 'latest~2', '--json')).json).toMatchObject({ code: 'archive_unknown' })
  expect((await bench.run('ls', '@2001-01-01', '--json')).json).toMatchObject({ code: 'archive_unknown' })
  expect((await bench.run('ls', 'nonsense')).code).toBe(2)
})

test('ls gives paths, types, sizes, times, modes and sha256sum’s checksums', async () => {
  const rows = (await bench.run('ls', 'latest', '--json')).json as {
    path: string
    type: string
    sha256: string | null
    mode: string
    mtime: string
  }[]
  expect(rows.map(({ path }) => path)).toEqual(['knowledge-packs', 'logs', 'orchestrator_config.json', 'orchestrator_state.json'])
  const sum = execFileSync('sha256sum', [bench.workspace.configPath], { encoding: 'utf8' }).slice(0, 64)
  expect(rows[2]).toMatchObject({
    type: 'file',
    sha256: sum,
    mode: expect.stringMatching(/^0[0-7]{3}$/),
    mtime: expect.stringMatching(/Z$/),
  })
  const all = (await bench.run('ls', 'latest', '--recursive', '--json')).json as { path: string }[]
  expect(all.length).toBeGreaterThan(30)
})

test('cat prints the content, and a part of it', async () => {
  const whole = readFileSync(bench.workspace.configPath, 'utf8')
  expect((await bench.run('cat', 'latest', 'orchestrator_config.json')).stdout).toBe(whole)
  expect((await bench.run('cat', 'latest', 'orchestrator_config.json', '--offset', '5', '--length', '10')).stdout).toBe(whole.slice(5, 15))
  expect((await bench.run('cat', 'latest', '../../etc/passwd', '--json')).json).toMatchObject({ code: 'path_unknown' })
})

test('find looks through all archives, history folds equal versions', async () => {
  const found = (await bench.run('find', 'run-0', '--json')).json as { path: string }[]
  expect(new Set(found.map(({ path }) => path))).toEqual(new Set(['logs/run-0.jsonl']))
  const config = (await bench.run('history', 'orchestrator_config.json', '--json')).json as { archives: unknown[] }[]
  expect(config.map(({ archives }) => archives.length)).toEqual([2])
  const state = (await bench.run('history', 'orchestrator_state.json', '--json')).json as { archives: unknown[] }[]
  expect(state.map(({ archives }) => archives.length)).toEqual([1, 1])
})

test.for(['tar', 'tar.zst', 'tar.gz'] as const)('export as %s is extracted alike by GNU tar and bsdtar', async (format) => {
  const file = join(bench.folder, `x.${format}`)
  expect((await bench.run('export', 'latest', '--format', format, '-o', file)).code).toBe(0)
  for (const program of ['tar', 'bsdtar']) {
    const out = join(bench.folder, `${program}-${format}`)
    mkdirSync(out)
    execFileSync(program, ['-xf', file, '-C', out])
    const manifest = JSON.parse(readFileSync(join(out, '.orchive/manifest.json'), 'utf8')) as { checksums: Record<string, string> }
    rmSync(join(out, '.orchive'), { recursive: true })
    const restored = join(bench.folder, `restored-${program}-${format}`)
    await bench.run('restore', 'latest', '--target', restored)
    expect(execFileSync('diff', ['-r', restored, out], { encoding: 'utf8' })).toBe('')
    expect(Object.keys(manifest.checksums)).toContain('orchestrator_state.json')
  }
})

test('verify reaches L3, and a rebuilt catalog gives equal answers, holds included', async () => {
  expect((await bench.run('verify', '--all', '--json')).code).toBe(0)
  await bench.run('hold', 'latest', '--reason', 'audit')
  const before = (await bench.run('archives', '--json')).json as { grade: number; hold: unknown }[]
  expect(before[0]).toMatchObject({ grade: 3, hold: { reason: 'audit' } })
  rmSync(join(bench.home, 'prisma-free-db/catalog.db'))
  const without = await bench.run('archives', '--json')
  expect(without.json).toMatchObject({ code: 'catalog_missing', hint: expect.stringContaining('catalog rebuild') })
  expect((await bench.run('catalog', 'rebuild')).code).toBe(0)
  expect((await bench.run('archives', '--json')).json).toEqual(before)
})

test('a damaged pack fails verify with exit 1 and lowers the grade', async () => {
  const own = await makeBench({ isQuick: true })
  await own.run('backup')
  const packs = execFileSync('find', [join(own.home, 'repository/packs'), '-name', '*.pack', '-size', '+20k'], { encoding: 'utf8' })
    .trim()
    .split('\n')
  const bytes = readFileSync(packs[0]!)
  bytes[5000]! ^= 1
  writeFileSync(packs[0]!, bytes)
  const failed = await own.run('verify', '--all', '--json')
  expect(failed.code).toBe(1)
  expect(((await own.run('archives', '--json')).json as { grade: number }[])[0]!.grade).toBe(0)
  own.remove()
})

test('usage mistakes are exit 2, help is exit 0, and no stack trace is shown', async () => {
  expect((await bench.run('frobnicate')).code).toBe(2)
  expect((await bench.run('ls')).code).toBe(2)
  expect((await bench.run('backup', '--frob')).code).toBe(2)
  const help = await bench.run('restore', '--help')
  expect(help.code).toBe(0)
  expect(help.stdout).toContain('--in-place')
  const wrong = await bench.run('ls', 'arc_0000')
  expect(wrong.stderr).not.toMatch(/\n\s+at /)
  expect((await bench.run('backup', 'nobody')).code).toBe(10)
})

test('--version prints the version and works through a symbolic link from another folder', async () => {
  const link = join(bench.folder, 'orchive-link')
  execFileSync('ln', ['-s', (await import('#test/builders/run-orchive.ts')).ORCHIVE, link])
  expect(execFileSync(link, ['--version'], { cwd: '/', encoding: 'utf8' })).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('ORCHIVE_NOW dates archives only together with ORCHIVE_TEST=1', async () => {
  const own = await makeBench({ isQuick: true })
  const now = '2026-01-02T03:04:05.000Z'
  await runOrchive(own.home, ['backup'], { env: { ORCHIVE_NOW: now, ORCHIVE_TEST: '1' } })
  expect(((await own.run('archives', '--json')).json as { createdAt: string }[])[0]!.createdAt).toBe(now)
  await runOrchive(own.home, ['backup'], { env: { ORCHIVE_NOW: now } })
  expect(((await own.run('archives', '--json')).json as { createdAt: string }[])[0]!.createdAt).not.toBe(now)
  own.remove()
})
