import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openCatalog } from '#db/open-database.ts'
import { type ArchiveId, newSeriesId } from '#lib/base/ids.ts'
import { openRepository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { canMount, Mounts } from '#test/builders/mounts.ts'
import { noise } from '#test/builders/random-tree.ts'
import { type Bench, type Finished, makeBench, runOrchive } from '#test/builders/run-orchive.ts'

/** What a refusal has to say: its exit code, its code, what happened to which object, and what to do. */
function expectRefusal(done: Finished, exit: number, code: string, message: string | RegExp, hint: string | RegExp): void {
  const matching = (text: string | RegExp) => (typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text))
  expect({ exit: done.code, ...(done.json as object) }).toMatchObject({
    exit,
    type: 'error',
    code,
    message: matching(message),
    hint: matching(hint),
  })
  expect(done.stderr).toBe('')
}

const CONFIG = { logsDir: './logs', stateFile: './state.json', docsPath: './docs' }
interface Warning {
  path: string
  code: string
  message: string
}
const warningsOf = (done: Finished) => (done.json as { warnings: Warning[] }).warnings

describe('adding a workspace', () => {
  let bench: Bench
  let root: string
  beforeAll(async () => {
    bench = await makeBench({ isRegistered: false, isQuick: true })
  })
  afterAll(() => bench.remove())

  let count = 0
  /** A root of its own, with these files. */
  function makeRoot(files: Record<string, unknown>): void {
    root = join(bench.folder, `root-${++count}`)
    mkdirSync(root)
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(root, name, '..'), { recursive: true })
      writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content))
    }
  }
  const add = (...more: string[]) => bench.run('workspace', 'add', root, '--json', ...more)

  test('a root that is not there, or is a file', async () => {
    makeRoot({ 'orchestrator_config.json': CONFIG })
    expectRefusal(
      await bench.run('workspace', 'add', '/no/such/root', '--json'),
      1,
      'config_missing',
      'root /no/such/root does not exist',
      'Give the folder',
    )
    const file = join(root, 'orchestrator_config.json')
    expectRefusal(
      await bench.run('workspace', 'add', file, '--json'),
      1,
      'config_missing',
      `${file} is not a folder`,
      `Give its folder: ${root}`,
    )
  })

  test('a root without a config names where one lies further down', async () => {
    makeRoot({ 'deep/down/orchestrator_config.json': CONFIG })
    expectRefusal(await add(), 1, 'config_missing', `in ${root}`, `--config ${root}/deep/down/orchestrator_config.json`)
    makeRoot({ 'README.md': '' })
    expectRefusal(await add(), 1, 'config_missing', `in ${root}`, '--config')
    expectRefusal(await add('--config', 'mine.json'), 1, 'config_missing', 'mine.json', '--config')
  })

  test.each([
    ['{\n  "stateFile": "./s.json",\n  oops\n}', /line 3, column 3/],
    ['{"stateFile": "./s.json"', /line 1, column 25/],
    ['[1]', /line 1, column 1: expected `{`/],
    ['', /line 1, column 1/],
    ['{"a": "\u0001"}', /line 1, column 8/],
  ])('a config that reads %j is refused with line and column', async (text, where) => {
    makeRoot({ 'orchestrator_config.json': text })
    const done = await add()
    expectRefusal(done, 1, 'config_invalid', where, 'Correct the file')
    expect((done.json as { message: string }).message).toContain(join(root, 'orchestrator_config.json'))
  })

  test('several configs: it asks, and takes the one that is chosen, from the current folder or from the root', async () => {
    makeRoot({ 'orchestrator_config.json': CONFIG, 'orchestrator/orchestrator_config.json': CONFIG })
    const inner = join(root, 'orchestrator/orchestrator_config.json')
    expectRefusal(
      await add(),
      1,
      'config_ambiguous',
      `${root} holds several config files`,
      `--config ${root}/orchestrator_config.json or --config ${inner}`,
    )
    const chosen = async (cwd: string, given: string, name: string) => {
      const done = await runOrchive(bench.home, ['workspace', 'add', root, '--config', given, '--name', name, '--json'], { cwd })
      return (done.json as { workspace: { configPath: string } }).workspace.configPath
    }
    expect(await chosen(join(root, 'orchestrator'), 'orchestrator_config.json', 'from-here')).toBe(inner)
    expect(await chosen('/', 'orchestrator_config.json', 'from-root')).toBe(join(root, 'orchestrator_config.json'))
  })

  test('a name that is taken, and a root that is registered already', async () => {
    makeRoot({ 'orchestrator_config.json': CONFIG })
    expect((await add('--name', 'taken')).code).toBe(0)
    expectRefusal(await add('--name', 'other'), 1, 'workspace_exists', `${root} is already registered as taken`, 'Use taken')
    makeRoot({ 'orchestrator_config.json': CONFIG })
    expectRefusal(await add('--name', 'Taken'), 1, 'workspace_exists', 'already a workspace named taken', 'another name')
  })

  test('a home or repository inside an item is refused, and nothing is made there', async () => {
    makeRoot({ 'orchestrator_config.json': CONFIG, 'logs/run.log': 'x' })
    const home = join(root, 'logs/home')
    const done = await runOrchive(home, ['workspace', 'add', root, '--json'])
    expectRefusal(done, 1, 'repository_inside_item', `${home}/repository lies inside Logs (\`logsDir\`), ${root}/logs`, '--home')
    expect(readdirSync(join(root, 'logs'))).toEqual(['run.log'])
  })

  test('options that cannot be meant', async () => {
    makeRoot({ 'orchestrator_config.json': CONFIG })
    expectRefusal(await add('--item', 'key=a,importance=urgent'), 2, 'usage', '--item key=a,importance=urgent', 'critical, high or medium')
    expectRefusal(await add('--map', '/workspace'), 2, 'usage', '--map /workspace', '--map /workspace=')
  })
})

describe('items that cannot be archived', () => {
  let bench: Bench
  beforeAll(async () => {
    bench = await makeBench({ isQuick: true })
  })
  afterAll(() => bench.remove())
  const at = (path: string) => join(bench.workspace.root, path)

  /** Takes a backup with this config; the rest of the workspace stays as it is. */
  async function backupWith(config: Record<string, unknown>): Promise<Finished> {
    const usual = { logsDir: './logs', stateFile: './orchestrator_state.json', docsPath: './docs', knowledgePackDir: './knowledge-packs' }
    writeFileSync(bench.workspace.configPath, JSON.stringify({ ...usual, ...config }, null, 2))
    const shown = (await bench.run('workspace', 'show', '--json')).json as { items: { problems: { message: string }[] }[] }
    const done = await bench.run('backup', '--json')
    // What a backup warns of, the workspace's page has told before.
    const told = shown.items.flatMap(({ problems }) => problems.map(({ message }) => message))
    for (const { code, message } of warningsOf(done)) if (/^(item_|config_key)/.test(code)) expect(told).toContain(message)
    return done
  }

  test.each<[what: string, config: Record<string, unknown>, code: string, message: RegExp]>([
    ['no key', { stateFile: undefined }, 'config_key_missing', /has no `stateFile`: State file cannot be archived/],
    ['a number', { logsDir: 7 }, 'config_key_wrong_type', /`logsDir` \(orchestrator_config.json, line 2\) is a number, not a path/],
    ['null', { logsDir: null }, 'config_key_wrong_type', /`logsDir` .* is null/],
    ['an empty text', { stateFile: ' ' }, 'config_key_wrong_type', /`stateFile` .* is empty/],
    [
      'a path to nothing',
      { knowledgePackDir: './packs-2' },
      'item_missing',
      /Knowledge packs \(`knowledgePackDir`\): .*\/packs-2 does not exist/,
    ],
    ['a device', { logsDir: '/dev/zero' }, 'item_special', /Logs \(`logsDir`\): \/dev\/zero is a device/],
    [
      'a database',
      { stateFile: 'mongodb://root:hunter2@db:27017/state?authSource=admin' },
      'item_not_covered',
      /`stateFile` .* names MongoDB \(mongodb:\/\/db:27017\/state\), not a file: State file is not covered/,
    ],
  ])('%s is a warning that names key and path, and the rest is archived', async (_what, config, code, message) => {
    const done = await backupWith(config)
    expect(done.code).toBe(3)
    expect(warningsOf(done)).toContainEqual(expect.objectContaining({ code, message: expect.stringMatching(message) }))
    expect(done.stdout).not.toContain('hunter2')
    expect((await bench.run('ls', 'latest', 'orchestrator_config.json')).code).toBe(0)
  })

  test('a config that is gone is refused with how to get it back, and that works', async () => {
    const text = readFileSync(bench.workspace.configPath, 'utf8')
    rmSync(bench.workspace.configPath)
    for (const verb of ['backup', 'status'])
      expectRefusal(await bench.run(verb, '--json'), 1, 'config_missing', bench.workspace.configPath, 'Restore it from an archive')
    const restored = await bench.run('restore', 'latest', 'orchestrator_config.json', '--in-place', '--yes')
    expect(restored).toMatchObject({ code: 0, stderr: expect.stringContaining('where the config in the archive says') })
    expect(readFileSync(bench.workspace.configPath, 'utf8')).toBe(text)
  })

  test('a config that is a FIFO now is never waited for', async () => {
    const text = readFileSync(bench.workspace.configPath)
    rmSync(bench.workspace.configPath)
    execFileSync('mkfifo', [bench.workspace.configPath])
    expectRefusal(await bench.run('backup', '--json'), 1, 'config_invalid', `${bench.workspace.configPath} is not a regular file`, /./)
    rmSync(bench.workspace.configPath)
    writeFileSync(bench.workspace.configPath, text)
  })

  test('a FIFO and a socket are never opened', async () => {
    execFileSync('mkfifo', [at('fifo')])
    const server = createServer().listen(at('socket'))
    await new Promise((resolve) => server.once('listening', resolve))
    try {
      const done = await backupWith({ logsDir: './fifo', knowledgePackDir: './socket' })
      expect(done.code).toBe(3)
      expect(warningsOf(done).map(({ message }) => message)).toEqual(
        expect.arrayContaining([expect.stringMatching(/\/fifo is a FIFO/), expect.stringMatching(/\/socket is a socket/)]),
      )
    } finally {
      server.close()
    }
  })

  test('an item outside the root is archived, and said', async () => {
    const outside = join(bench.folder, 'far-logs')
    mkdirSync(outside)
    writeFileSync(join(outside, 'far.log'), 'far')
    expect((await backupWith({ logsDir: outside })).code).toBe(0)
    expect((await bench.run('cat', 'latest', 'far-logs/far.log')).stdout).toBe('far')
    const { stderr } = await bench.run('workspace', 'show')
    expect(stderr).toContain(`${outside} is outside the workspace root`)
  })

  test('a config that is moved into the repository’s way later is refused by the next backup, too', async () => {
    writeFileSync(bench.workspace.configPath, JSON.stringify({ ...CONFIG, logsDir: bench.home }))
    expectRefusal(
      await bench.run('backup', '--json'),
      1,
      'repository_inside_item',
      `lies inside Logs (\`logsDir\`), ${bench.home}`,
      '--home',
    )
  })
})

describe('repositories', () => {
  let bench: Bench
  let path: string
  afterEach(() => bench.remove())
  const head = () => join(path, 'repository.json')
  async function start(): Promise<void> {
    bench = await makeBench({ isQuick: true })
    path = join(bench.home, 'repository')
    expect((await bench.run('backup')).code).toBe(0)
  }

  test('one that is gone is exit 10 for every verb that needs it, with its place', async () => {
    await start()
    rmSync(path, { recursive: true })
    for (const argv of [
      ['backup'],
      ['verify'],
      ['verify', '--all'],
      ['cat', 'latest', 'orchestrator_config.json'],
      ['restore', 'latest', '--target', join(bench.folder, 'out')],
      ['export', 'latest', '-o', join(bench.folder, 'o.tar')],
      ['hold', 'latest', '--reason', 'x'],
      ['repository', 'stats'],
      ['catalog', 'rebuild'],
    ]) {
      expectRefusal(await bench.run(...argv, '--json'), 10, 'repository_missing', path, /./)
    }
    expect(readdirSync(bench.folder).filter((name) => /^o/.test(name))).toEqual([])
    expect(((await bench.run('archives', '--json')).json as unknown[]).length).toBe(1)
  })

  test('one of a format that is not known is refused, and stays as it is', async () => {
    await start()
    const { createHash } = await import('node:crypto')
    const text = `${JSON.stringify({ format: 'orchive-repository', version: 99, idFunction: 'sha256', objectCodec: 'plain' })}\n`
    chmodSync(head(), 0o600)
    writeFileSync(head(), `${text}${createHash('sha256').update(text).digest('hex')}\n`)
    for (const argv of [['backup'], ['verify'], ['repository', 'attach', path]])
      expectRefusal(await bench.run(...argv, '--json'), 1, 'repository_unknown_format', /99/, /./)
    expect(readFileSync(head(), 'utf8').startsWith(text)).toBe(true)
  })

  test('one whose head is damaged is named as such', async () => {
    await start()
    const bytes = readFileSync(head())
    bytes[10]! ^= 1
    writeFileSync(head(), bytes)
    expectRefusal(await bench.run('backup', '--json'), 1, 'repository_damaged', path, /./)
  })

  test('one that this user may not read is named with the reason', async () => {
    await start()
    // Root reads everything, so another user runs it there, to whom the rest of the home belongs.
    const uid = process.getuid!() === 0 ? 65_534 : process.getuid!()
    if (process.getuid!() === 0) {
      for (const name of [
        bench.folder,
        bench.home,
        ...readdirSync(bench.home, { recursive: true, encoding: 'utf8' }).map((each) => join(bench.home, each)),
      ])
        chownSync(name, uid, uid)
    }
    chmodSync(head(), 0o000)
    const done = await runOrchive(bench.home, ['backup', '--json'], { uid })
    expectRefusal(done, 1, 'repository_read_only', `${head()} (EACCES)`, 'rights of the user')
    chmodSync(head(), 0o600)
  })

  test('attaching or making one where it cannot be', async () => {
    await start()
    const empty = join(bench.folder, 'empty')
    mkdirSync(empty)
    expectRefusal(await bench.run('repository', 'attach', empty, '--json'), 10, 'repository_missing', empty, /./)
    expectRefusal(await bench.run('repository', 'init', path, '--json'), 1, 'repository_exists', path, /./)
    expectRefusal(await bench.run('repository', 'init', bench.workspace.root, '--json'), 1, 'repository_exists', bench.workspace.root, /./)
    expectRefusal(
      await bench.run('repository', 'init', join(bench.workspace.configPath, 'x'), '--json'),
      1,
      'io_failed',
      bench.workspace.configPath,
      /./,
    )
  })

  test('a clock that is set back gives exit 3, and the archive still comes after the one before', async () => {
    await start()
    const done = await runOrchive(bench.home, ['backup', '--json'], { env: { ORCHIVE_TEST: '1', ORCHIVE_NOW: '2001-01-01T00:00:00Z' } })
    expect(done.code).toBe(3)
    expect(warningsOf(done)).toEqual([expect.objectContaining({ code: 'clock_backwards' })])
    const times = ((await bench.run('archives', '--json')).json as { id: string; createdAt: string }[]).map(({ createdAt }) => createdAt)
    expect(times[0]! > times[1]!).toBe(true)
    expect(((await bench.run('archives', '--json')).json as { id: string }[])[0]!.id).toBe((done.json as { archiveId: string }).archiveId)
  })
})

describe('the catalog', () => {
  let bench: Bench
  beforeAll(async () => {
    bench = await makeBench({ isQuick: true })
    await bench.run('backup')
  })
  afterAll(() => bench.remove())
  const path = () => join(bench.home, 'prisma-free-db/catalog.db')

  test('one that is gone is told with what brings it back, and a backup makes up for it', async () => {
    const before = (await bench.run('archives', '--json')).json
    rmSync(path())
    for (const argv of [['archives'], ['ls', 'latest'], ['find', 'x'], ['restore', 'latest', '--target', join(bench.folder, 'o')]])
      expectRefusal(await bench.run(...argv, '--json'), 1, 'catalog_missing', path(), '`orchive catalog rebuild`')
    expect((await bench.run('catalog', 'rebuild')).code).toBe(0)
    expect((await bench.run('archives', '--json')).json).toEqual(before)
  })

  test('one that is damaged, or of a newer version, is told, never changed by a look, and can be made again', async () => {
    const before = (await bench.run('archives', '--json')).json
    const { db, close } = openCatalog(path())
    db.pragma('user_version = 99')
    close()
    expectRefusal(
      await bench.run('archives', '--json'),
      1,
      'catalog_from_future',
      `${path()} was written by a newer Orchive (schema 99`,
      'newer version',
    )
    expect((await bench.run('catalog', 'rebuild', '--json')).code).toBe(0)
    expect((await bench.run('archives', '--json')).json).toEqual(before)

    writeFileSync(path(), noise(8192, 3))
    expectRefusal(await bench.run('archives', '--json'), 1, 'catalog_damaged', path(), '`orchive catalog rebuild`')
    expect((await bench.run('catalog', 'rebuild', '--json')).code).toBe(0)
    expect((await bench.run('archives', '--json')).json).toEqual(before)
  })
})

describe('naming archives and paths', () => {
  let bench: Bench
  let id: ArchiveId
  beforeAll(async () => {
    bench = await makeBench({ isQuick: true })
    id = ((await bench.run('backup', '--json')).json as { archiveId: ArchiveId }).archiveId
  })
  afterAll(() => bench.remove())

  test('an archive that is not there, and one that cannot be meant', async () => {
    for (const name of ['arc_ffff', `arc_${'f'.repeat(24)}`, 'latest~9'])
      expectRefusal(await bench.run('ls', name, '--json'), 1, 'archive_unknown', name, '`orchive archives`')
    expectRefusal(await bench.run('ls', '@2001-01-01', '--json'), 1, 'archive_unknown', 'of 2001-01-01 or before', '`orchive archives`')
    for (const name of ['yesterday', 'arc_xyz', 'arc_12', '@noon', 'latest~x', '../latest'])
      expectRefusal(await bench.run('ls', name, '--json'), 2, 'usage', name, 'latest~N')
  })

  test('the beginning of several ids is refused with all of them', async () => {
    const twin = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}` as ArchiveId
    const repository = await openRepository(openLocalStorage(join(bench.home, 'repository')))
    const lease = await repository.lock({ purpose: 'a test', since: 'now', monotonicMs: () => performance.now() })
    const manifest = await repository.readManifest(id)
    await repository.publish({ ...manifest, id: twin, kind: 'partial', series: newSeriesId(), parentId: null }, lease, [])
    await lease.release()
    repository.close()
    const done = await bench.run('ls', id.slice(0, -1), '--json')
    expectRefusal(done, 1, 'archive_ambiguous', id, 'more characters')
    expect((done.json as { message: string }).message).toContain(twin)
    expect((await bench.run('ls', id)).code).toBe(0)
  })

  test.each(['../../etc/passwd', '/etc/passwd', 'logs/../../etc/passwd', 'logs//run-0.jsonl', '.', '..', 'no/such', '\\xzz'])(
    'a path %j that the archive has not is refused by every verb that takes one, and nothing is written',
    async (path) => {
      const target = join(bench.folder, 'out')
      const tar = join(bench.folder, 'out.tar')
      for (const argv of [
        ['ls', id, path],
        ['cat', id, path],
        ['preview', id, path],
        ['restore', id, path, '--target', target],
        ['restore', id, path, '--in-place', '--yes'],
        ['export', id, path, '-o', tar],
        ['history', path],
      ]) {
        const done = await bench.run(...argv, '--json')
        expectRefusal(done, 1, (done.json as { code: string }).code, path, 'orchive')
        expect(['path_unknown', 'path_unsafe']).toContain((done.json as { code: string }).code)
      }
      expect([target, tar, `${tar}.part`].filter((each) => existsSync(each))).toEqual([])
    },
  )

  test.each<[argv: string[], named: string]>([
    [['backup', '--wait', 'abc'], '--wait is “abc”'],
    [['backup', '--wait', '-1'], '--wait is “-1”'],
    [['backup', 'a', 'b'], "Too many arguments for 'backup'"],
    [['cat', 'latest', 'orchestrator_config.json', '--offset', '1.5'], '--offset is “1.5”'],
    [['hold', 'latest', '--reason', ' '], '--reason is empty'],
    [['hold', 'latest'], '--reason'],
    [['hold', 'latest', '--reason', 'x', '--until', 'soon'], '--until is “soon”'],
    [['hold', 'latest', '--reason', 'x', '--until', '2001-01-01'], 'past already'],
    [['release', 'latest'], 'is not held'],
    [['accept', 'latest', '--reason', 'x'], 'is not suspect'],
    [['verify', '--level', 'deep'], 'bytes, structure, content, config'],
    [['verify', 'latest', '--all'], 'not both'],
    [['restore', 'latest', '--target', 'x', '--conflict', 'maybe'], 'fail, overwrite, skip, newer'],
    [['export', 'latest', '--format', 'zip', '-o', 'x.zip'], 'tar, tar.zst, tar.gz'],
    [['find', ''], 'nothing to search for'],
    [['workspace', 'add'], 'ROOT is missing'],
    [['backup', '--note'], '--note <text> needs its value'],
    [['ls', 'latest', '--recursve'], 'no option --recursve here'],
    [['repository', 'key', 'frobnicate'], 'no verb “frobnicate”'],
    [['workspace'], 'which verb'],
  ])('%j is exit 2 and says what is wrong', async (argv, named) => {
    const done = await bench.run(...argv, '--json')
    expect({ exit: done.code, ...(done.json as object) }).toMatchObject({ exit: 2, type: 'error', message: expect.stringContaining(named) })
    expect(done.stderr).toBe('')
  })

  test('a mistake in a verb’s own words names the help of that verb, once', async () => {
    const done = await bench.run('repository', 'key', 'add', '--recvery')
    expect(done).toMatchObject({ code: 2, stdout: '' })
    expect(done.stderr).toBe(
      'orchive: There is no option --recvery here.\nDid you mean --recovery? See `orchive repository key add --help`.\n',
    )
  })

  test('variables that cannot be meant are exit 2', async () => {
    const run = (env: Record<string, string>) => runOrchive(bench.home, ['archives', '--json'], { env })
    expect(await run({ ORCHIVE_PORT: 'abc' })).toMatchObject({
      code: 2,
      json: { message: expect.stringContaining('ORCHIVE_PORT is “abc”') },
    })
    expect(await run({ ORCHIVE_TEST: '1', ORCHIVE_NOW: 'noon' })).toMatchObject({
      code: 2,
      json: { message: expect.stringContaining('ORCHIVE_NOW is “noon”') },
    })
  })

  test('an export to where it cannot be leaves nothing', async () => {
    const file = join(bench.folder, 'there.tar')
    writeFileSync(file, 'mine')
    expectRefusal(await bench.run('export', id, '-o', file, '--json'), 1, 'target_not_empty', file, 'another name')
    const lost = join(bench.folder, 'no/such/o.tar')
    expectRefusal(
      await bench.run('export', id, '-o', lost, '--json'),
      1,
      'target_unusable',
      `no folder ${join(bench.folder, 'no/such')}`,
      'Make it',
    )
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect(readdirSync(bench.folder).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  test('a workspace that is not there, or one of several that was not named', async () => {
    expectRefusal(await bench.run('backup', 'nobody', '--json'), 10, 'workspace_unknown', 'nobody', 'Known: sample')
    const other = join(bench.folder, 'other')
    mkdirSync(other)
    writeFileSync(join(other, 'orchestrator_config.json'), JSON.stringify(CONFIG))
    await bench.run('workspace', 'add', other)
    expectRefusal(await bench.run('backup', '--json'), 2, 'usage', '2 workspaces', 'Name one: other, sample')
    expect((await bench.run('workspace', 'remove', 'other')).code).toBe(0)
  })
})

describe('restoring', () => {
  let bench: Bench
  const mounts = new Mounts()
  beforeAll(async () => {
    bench = await makeBench({ isQuick: true })
    await bench.run('backup')
  })
  afterEach(() => mounts.unmountAll())
  afterAll(() => bench.remove())
  const restore = (target: string, ...more: string[]) => bench.run('restore', 'latest', '--target', target, '--json', ...more)

  test('into a folder that is not empty, a file, or a place below one: nothing is written', async () => {
    const full = join(bench.folder, 'full')
    mkdirSync(full)
    writeFileSync(join(full, 'mine'), 'mine')
    expectRefusal(await restore(full), 1, 'target_not_empty', full, '--conflict')
    expect((await restore(full, '--dry-run')).code).toBe(1)
    expectRefusal(await restore(join(full, 'mine')), 1, 'target_unusable', join(full, 'mine'), /./)
    expectRefusal(await restore(join(full, 'mine/below')), 1, 'target_unusable', join(full, 'mine'), /./)
    expect(readdirSync(full)).toEqual(['mine'])
    expect(readFileSync(join(full, 'mine'), 'utf8')).toBe('mine')
  })

  test('into a target that is a symbolic link to nothing', async () => {
    const link = join(bench.folder, 'link')
    symlinkSync(join(bench.folder, 'nowhere'), link)
    expectRefusal(await restore(link), 1, 'target_unusable', link, /./)
  })

  // Mounting a small disk needs root and a container that lets it.
  test.skipIf(!canMount())('onto a disk with too little room: free and needed bytes are told, and nothing is written', async () => {
    const small = join(bench.folder, 'small')
    mounts.mountSmallDisk(small, '256k')
    expectRefusal(await restore(join(small, 'out')), 1, 'target_full', /needs \d+ KB at .* only 2\d\d KB are free/, /./)
    expect(readdirSync(small)).toEqual([])
    expectRefusal(
      await bench.run('export', 'latest', '--format', 'tar', '-o', join(small, 'o.tar'), '--json'),
      1,
      'target_full',
      small,
      'Free some space',
    )
    expect(readdirSync(small)).toEqual([])
  })

  test.skipIf(!canMount())('onto a disk that is read-only', async () => {
    const small = join(bench.folder, 'fixed')
    mounts.mountSmallDisk(small, '4m')
    execFileSync('mount', ['-o', 'remount,ro', small], { stdio: 'ignore' })
    expectRefusal(await restore(join(small, 'out')), 1, 'target_unusable', small, /./)
  })
})

describe.skipIf(!canMount())('a repository’s disk that fails', () => {
  let bench: Bench
  let disk: string
  const mounts = new Mounts()
  afterEach(() => {
    mounts.unmountAll()
    bench.remove()
  })
  /** A workspace whose repository lies on a disk of its own, with one archive. */
  async function start(size: string): Promise<void> {
    bench = await makeBench({ isRegistered: false, isQuick: true })
    disk = join(bench.folder, 'disk')
    mounts.mountSmallDisk(disk, size)
    for (const argv of [
      ['repository', 'init', join(disk, 'r')],
      ['workspace', 'add', bench.workspace.root, '--name', 'sample'],
      ['backup'],
    ])
      expect((await bench.run(...argv)).code).toBe(0)
  }
  const listed = async () => (await bench.run('archives', '--json')).json as unknown[]
  const free = () => execFileSync('df', ['--output=avail', '-B1', disk], { encoding: 'utf8' }).split('\n')[1]!.trim()

  test('full in the middle of a backup: it fails, nothing is listed, the space is given back, earlier archives are intact', async () => {
    await start('16m')
    // With a floor it is the floor or the disk that ends it, whichever is seen first.
    expect((await bench.run('repository', 'floor', '0')).code).toBe(0)
    const before = { archives: await listed(), free: free() }
    writeFileSync(join(bench.workspace.logsDir, 'big.log'), noise(40_000_000, 5))
    const failed = await bench.run('backup', '--json')
    expectRefusal(failed, 1, 'repository_full', disk, 'Free space')
    expect({ archives: await listed(), free: free() }).toEqual(before)
    expect((await bench.run('verify', '--all')).code).toBe(0)
    rmSync(join(bench.workspace.logsDir, 'big.log'))
    expect((await bench.run('backup')).code).toBe(0)
  })

  test('read-only: a backup fails and says so, everything that only reads still works', async () => {
    await start('16m')
    const before = await listed()
    execFileSync('mount', ['-o', 'remount,ro', disk], { stdio: 'ignore' })
    expectRefusal(await bench.run('backup', '--json'), 1, 'repository_read_only', /EROFS/, 'Check the mount')
    expectRefusal(await bench.run('hold', 'latest', '--reason', 'x', '--json'), 1, 'repository_read_only', /EROFS/, 'Check the mount')
    expect(await listed()).toEqual(before)
    expect((await bench.run('cat', 'latest', 'orchestrator_config.json')).stdout).toBe(readFileSync(bench.workspace.configPath, 'utf8'))
    expect((await bench.run('restore', 'latest', '--target', join(bench.folder, 'out'))).code).toBe(0)
  })
})

test.skipIf(!canMount())('a home on a full disk is told as such, and files can be got back through another home', async () => {
  const mounts = new Mounts()
  const bench = await makeBench({ isRegistered: false, isQuick: true })
  try {
    const disk = join(bench.folder, 'disk')
    mounts.mountSmallDisk(disk, '3m')
    const home = join(disk, 'home')
    const repository = join(bench.folder, 'r')
    for (const argv of [['repository', 'init', repository], ['workspace', 'add', bench.workspace.root], ['backup']])
      expect((await runOrchive(home, argv)).code).toBe(0)
    expect(() => writeFileSync(join(disk, 'fill'), noise(4_000_000, 1))).toThrow('ENOSPC')

    for (const argv of [['archives'], ['backup'], ['restore', 'latest', '--target', join(bench.folder, 'out')]])
      expectRefusal(
        await runOrchive(home, [...argv, '--json']),
        1,
        'io_failed',
        `${home}/prisma-free-db/console.db cannot be written: its disk is full`,
        '--home',
      )

    const other = join(bench.folder, 'other')
    expect((await runOrchive(other, ['repository', 'attach', repository])).code).toBe(0)
    expect((await runOrchive(other, ['restore', 'latest', '--target', join(bench.folder, 'out')])).code).toBe(0)
    expect(readFileSync(join(bench.folder, 'out/orchestrator_state.json'))).toEqual(readFileSync(bench.workspace.statePath))
  } finally {
    mounts.unmountAll()
    bench.remove()
  }
})
