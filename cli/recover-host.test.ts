import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { expectEqualTrees, readTree } from '#test/builders/random-tree.ts'
import { type Bench, makeBench, runOrchive } from '#test/builders/run-orchive.ts'

let bench: Bench
afterEach(() => bench.remove())

/** The host is lost: only a copy of the repository is left. Returns where it lies, and a home that knows nothing. */
function loseHost(): { repository: string; home: string; lost: string } {
  const repository = join(bench.folder, 'vault')
  cpSync(join(bench.home, 'repository'), repository, { recursive: true })
  const lost = join(bench.folder, 'lost')
  renameSync(bench.workspace.root, lost)
  rmSync(bench.home, { recursive: true })
  return { repository, home: join(bench.folder, 'new-home'), lost }
}

/** What the items hold; folders above and below items get new times. */
const seen = (root: string, except: readonly string[] = []) =>
  readTree(Buffer.from(root))
    .filter(({ path }) => /^(?:logs|knowledge-packs|orchestrator[_.](?:config|state)\.json)(?:\/|$)/.test(path))
    .filter(({ path }) => !path.includes('.orchive-restore-') && !except.includes(path))
    .map((path) => (path.type === 'dir' ? { ...path, mtimeNs: 0n } : path))

test('from the repository alone, into an empty home: everything is back under another root, and the next backup goes on', async () => {
  bench = await makeBench({ isQuick: true, shape: 'packs-in-logs' })
  await bench.run('backup')
  const { repository, home, lost } = loseHost()
  const root = join(bench.folder, 'new/orchestrator')
  const asked = ['recover', 'host', '--repository', repository, '--root', root]

  const dry = await runOrchive(home, [...asked, '--dry-run', '--json'])
  const planned = { plan: { oldRoot: bench.workspace.root, root, workspace: 'sample' } }
  expect(dry.events.slice(-2)).toMatchObject([
    { type: 'plan', ...planned },
    { type: 'result', dryRun: true, steps: expect.arrayContaining([expect.objectContaining({ outcome: 'planned' })]), ...planned },
  ])
  expect(existsSync(root)).toBe(false)

  const done = await runOrchive(home, [...asked, '--yes', '--json'])
  expect(done.json, done.stdout.slice(-1500)).toMatchObject({ type: 'result', runbook: 'host' })
  const { steps } = done.json as { steps: { id: string; outcome: string }[] }
  expect(steps.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
    'attach done',
    'choose done',
    'relocate done',
    'config done',
    'restore done',
    'start skipped',
    'report done',
  ])
  expectEqualTrees(seen(root), seen(lost))
  const backup = await runOrchive(home, ['backup', '--json'])
  expect([0, 3]).toContain(backup.code)
  const archives = (await runOrchive(home, ['archives', '--json'])).json as { kind: string }[]
  expect(archives.filter(({ kind }) => kind === 'backup')).toHaveLength(2)
})

test('absolute paths are rewritten in the config when that is asked for, else mapped; the old place is never written to', async () => {
  bench = await makeBench({ isQuick: true, shape: 'absolute' })
  await bench.run('backup')
  const { repository, home, lost } = loseHost()
  const root = join(bench.folder, 'elsewhere')
  const done = await runOrchive(home, [
    'recover',
    'host',
    '--repository',
    repository,
    '--root',
    root,
    '--rewrite-config',
    '--yes',
    '--json',
  ])
  expect(done.json, done.stdout.slice(-1500)).toMatchObject({ type: 'result' })
  const config = JSON.parse(readFileSync(join(root, 'orchestrator_config.json'), 'utf8'))
  expect(config.stateFile.startsWith(root)).toBe(true)
  expect(config.logsDir.startsWith(root)).toBe(true)
  expectEqualTrees(seen(root, ['orchestrator_config.json']), seen(lost, ['orchestrator_config.json']))
  expect(existsSync(bench.workspace.root)).toBe(false)

  const mapped = join(bench.folder, 'mapped')
  const other = join(bench.folder, 'other-home')
  const asked = ['recover', 'host', '--repository', repository, '--root', mapped, '--json']
  for (const [left, code] of [
    [['nowhere'], 'holds no item'],
    [['config'], 'cannot be left out'],
    [['logsDir', 'stateFile', 'knowledgePackDir'], 'nothing to bring back'],
  ] as const) {
    const refused = await runOrchive(other, [...asked, '--dry-run', ...left.map((key) => `--leave-out=${key}`)])
    expect(refused.json).toMatchObject({ code: 'invalid_input', message: expect.stringContaining(code) })
  }
  const second = await runOrchive(other, [...asked, '--leave-out', 'logsDir', '--yes'])
  expect(second.json, second.stdout.slice(-1500)).toMatchObject({ type: 'result' })
  const isLog = ({ path }: { path: string }) => path === 'logs' || path.startsWith('logs/')
  expectEqualTrees(
    seen(mapped),
    seen(lost).filter((entry) => !isLog(entry)),
  )
  // What was left out comes back when there is time for it.
  expect((await runOrchive(other, ['restore', 'latest', 'logs', '--in-place', '--yes'])).code).toBe(0)
  expectEqualTrees(seen(mapped), seen(lost))
  expect((await runOrchive(other, ['workspace', 'show', '--json'])).json).toMatchObject({ root: mapped, maps: [{ to: mapped }] })
})

test('a root that is not empty, one inside another workspace, and paths into something live are refused, and nothing is written', async () => {
  bench = await makeBench({ isQuick: true, shape: 'absolute' })
  await bench.run('backup')
  const { repository, home, lost } = loseHost()
  const full = join(bench.folder, 'full')
  mkdirSync(full)
  writeFileSync(join(full, 'something'), 'x')
  const refused = async (...argv: string[]) =>
    (await runOrchive(home, ['recover', 'host', '--repository', repository, ...argv, '--yes', '--json'])).json
  expect(await refused('--root', full)).toMatchObject({ code: 'target_not_empty' })
  expect(readTree(Buffer.from(full))).toHaveLength(1)

  // Somebody else's orchestrator lives where a map would send the logs.
  const live = join(bench.folder, 'live')
  cpSync(lost, live, { recursive: true })
  const mapped = join(bench.folder, 'fresh')
  const map = `${join(bench.workspace.root, 'logs')}=${join(live, 'logs')}`
  expect(await refused('--root', mapped, '--map', map)).toMatchObject({
    code: 'target_unusable',
    message: expect.stringContaining('is there already'),
  })
  expect(existsSync(mapped)).toBe(false)
  expect((await runOrchive(home, ['recover', 'host', '--root', mapped])).code).toBe(2)
})

test.each(['tar', 'tar.gz', 'tar.zst'])(
  'from an exported %s alone, into an empty home: everything is back, and was proven by its checksums',
  async (format) => {
    bench = await makeBench({ shape: 'packs-in-logs', packs: 5, logs: 2 })
    await bench.run('backup')
    const file = join(bench.folder, `export.${format}`)
    expect((await bench.run('export', 'latest', '--format', format, '-o', file)).code).toBe(0)
    const { home, lost } = loseHost()
    const root = join(bench.folder, 'new/orchestrator')
    const asked = ['recover', 'host', '--from-tar', file, '--root', root]
    const dry = await runOrchive(home, [...asked, '--dry-run', '--json'])
    expect(dry.json, dry.stdout).toMatchObject({
      type: 'result',
      dryRun: true,
      plan: { oldRoot: bench.workspace.root, root, workspace: 'sample' },
    })
    expect(existsSync(root)).toBe(false)
    const done = await runOrchive(home, [...asked, '--yes', '--json'])
    expect(done.json, done.stdout.slice(-1500)).toMatchObject({ type: 'result', runbook: 'host' })
    const { steps } = done.json as { steps: { id: string; outcome: string }[] }
    expect(steps.map(({ id, outcome }) => `${id} ${outcome}`).slice(0, 4)).toEqual([
      'import done',
      'choose done',
      'relocate done',
      'config done',
    ])
    expectEqualTrees(seen(root), seen(lost))
    expect([0, 3]).toContain((await runOrchive(home, ['backup'])).code)
    expect((await runOrchive(home, ['verify', '--all'])).code).toBe(0)
  },
)

test('an export is imported once; a changed one, a plain tar and a folder without any are refused, and the others of a folder come in', async () => {
  bench = await makeBench({ packs: 5, logs: 2 })
  await bench.run('backup')
  const exports = join(bench.folder, 'exports')
  mkdirSync(exports)
  const file = join(exports, 'b.tar')
  await bench.run('export', 'latest', '-o', file)
  const { home } = loseHost()
  const bytes = readFileSync(file)
  const at = bytes.lastIndexOf('"taskHistory"')
  bytes[at + 2]! ^= 1
  writeFileSync(join(exports, 'a.tar'), bytes)
  // The older file comes first.
  utimesSync(join(exports, 'a.tar'), 1, 1)
  const both = await runOrchive(home, ['import', exports, '--json'])
  expect(both.code).toBe(1)
  expect(both.json).toMatchObject({ imported: [{ file, isNew: true, grade: null, lacks: expect.any(Array) }] })
  expect((await runOrchive(home, ['import', file, '--json'])).json).toMatchObject({ file, isNew: false })
  const archives = (await runOrchive(home, ['archives', '--json'])).json
  expect(archives).toMatchObject([{ kind: 'import' }])
  const changed = await runOrchive(join(bench.folder, 'third-home'), ['import', join(exports, 'a.tar')])
  expect(changed.stderr).toMatch(/does not match the checksum/)
  rmSync(file)
  rmSync(join(exports, 'a.tar'))
  expect((await runOrchive(home, ['import', exports])).stderr).toContain('holds no tar file')
  expect((await runOrchive(home, ['recover', 'host', '--from-tar', file, '--archive', 'latest', '--root', exports])).code).toBe(2)
})
