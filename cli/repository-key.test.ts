import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RepositoryKeys } from '#lib/contracts/repository-keys.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
let recoveryKey: string
const at = (name: string) => join(bench.folder, name)
const place = () => at('sealed')
const PASSPHRASE = 'a horse that is correct'

/** A file with a secret in it. */
function secretFile(name: string, secret: string): string {
  writeFileSync(at(name), `${secret}\n`)
  return at(name)
}
const keysOf = async () => (await bench.run('repository', 'key', 'list', '--json')).json as RepositoryKeys

beforeAll(async () => {
  bench = await makeBench({ isQuick: true, packs: 4, logs: 2, isRegistered: false })
  const made = await bench.run('repository', 'init', place(), '--encrypt', '--passphrase-file', secretFile('pp', PASSPHRASE), '--json')
  recoveryKey = (made.json as { recoveryKey: string }).recoveryKey
  const { root, configPath, maps } = bench.workspace
  await bench.run(
    'workspace',
    'add',
    root,
    '--name',
    'sample',
    '--config',
    configPath,
    ...maps.flatMap(({ from, to }) => ['--map', `${from}=${to}`]),
  )
})
afterAll(() => bench.remove())

test('a backup into an encrypted repository needs nobody; restore, verify, catalog and copies of the console work as in any', async () => {
  expect(recoveryKey).toMatch(/^orchive-key-1 /)
  for (const argv of [
    ['backup'],
    ['audit', 'mirror'],
    ['verify', '--all'],
    ['audit', 'verify'],
    ['home', 'copy'],
    ['catalog', 'rebuild'],
    ['repository', 'stats'],
  ]) {
    const ran = await bench.run(...argv)
    expect([ran.code, ran.stderr], argv.join(' ')).toEqual([0, expect.anything()])
  }
  const config = await bench.run('cat', 'latest', 'orchestrator_config.json')
  expect(config.stdout).toBe(readFileSync(bench.workspace.configPath, 'utf8'))
  const names = readdirSync(place(), { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(place(), name)).isFile())
  expect(names.some((name) => name.startsWith('system/console/'))).toBe(true)
  const open = names.filter((name) => !/^(README|recover|repository|keys)/.test(name))
  for (const name of open)
    for (const secret of ['orchestrator', bench.workspace.root, 'SQLite', 'audit'])
      expect(readFileSync(join(place(), name)).includes(secret), `${secret} in ${name}`).toBe(false)
})

test('slots are listed, added, renamed and revoked; the one of this host and the last one stay', async () => {
  expect((await keysOf()).slots.map(({ kind, isOfThisHost }) => [kind, isOfThisHost]).sort()).toEqual([
    ['key', false],
    ['key', true],
    ['passphrase', false],
  ])
  const added = (await bench.run('repository', 'key', 'add', '--recovery', '--label', 'safe', '--json')).json as {
    slotId: string
    recoveryKey: string
  }
  expect(added.recoveryKey).not.toBe(recoveryKey)
  const renamed = (await bench.run('repository', 'key', 'rename', added.slotId, 'the other safe', '--json')).json as { slotId: string }
  expect((await keysOf()).slots.find(({ id }) => id === renamed.slotId)?.label).toBe('the other safe')
  expect((await bench.run('repository', 'key', 'revoke', renamed.slotId)).code).toBe(0)
  const own = (await keysOf()).slots.find(({ isOfThisHost }) => isOfThisHost)!
  expect(await bench.run('repository', 'key', 'revoke', own.id)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('slot of this host'),
  })
  const changed = await bench.run(
    'repository',
    'key',
    'change-passphrase',
    '--old-passphrase-file',
    at('pp'),
    '--passphrase-file',
    secretFile('pp2', 'another horse, another staple'),
  )
  expect(changed.code).toBe(0)
  const short = await bench.run('repository', 'key', 'add', '--passphrase-file', secretFile('short', 'too short'))
  expect([short.code, short.stderr]).toEqual([2, expect.stringContaining('12 characters')])
})

test('no key and no passphrase stands in the audit log, in a database, in the record of a job or in a message', async () => {
  const secrets = [PASSPHRASE, 'another horse, another staple', recoveryKey, recoveryKey.replace('orchive-key-1 ', '')]
  const told = (await bench.run('audit', 'list', '--json')).stdout + (await bench.run('repository', 'key', 'list', '--json')).stdout
  expect(told).toContain('repository.key')
  const files = readdirSync(bench.home, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(bench.home, name)).isFile())
  expect(files.some((name) => name.includes('console.db'))).toBe(true)
  for (const secret of secrets) {
    expect(told.includes(secret)).toBe(false)
    // The host's own key file holds another key, of its own slot.
    for (const name of files) expect(readFileSync(join(bench.home, name)).includes(secret), name).toBe(false)
  }
})

test('another host opens it with a passphrase or the recovery key only, and has a key of its own then', async () => {
  const home = at('home-2')
  const elsewhere = (...argv: string[]) => bench.run(...argv, '--home', home)
  const locked = await elsewhere('repository', 'attach', place())
  expect([locked.code, locked.stderr]).toEqual([1, expect.stringContaining('--key-file')])
  const wrong = await elsewhere('repository', 'attach', place(), '--passphrase-file', at('pp'))
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('does not open')])
  // A new host brings the console back first.
  expect((await elsewhere('repository', 'unlock', place(), '--key-file', secretFile('recovery', recoveryKey))).code).toBe(0)
  expect(existsSync(join(home, 'prisma-free-db/console.db'))).toBe(false)
  expect((await elsewhere('home', 'restore', '--repository', place())).code).toBe(0)
  expect((await elsewhere('repository', 'attach', place())).code).toBe(0)
  expect((await elsewhere('cat', 'latest', 'orchestrator_config.json')).code).toBe(0)
  expect((await keysOf()).slots.filter(({ label }) => label.startsWith('host '))).toHaveLength(2)
  rmSync(home, { recursive: true })
})

test('a burnt host comes back from an encrypted copy with nothing but a passphrase, another with nothing but the recovery key', async () => {
  await bench.run('home', 'copy')
  expect((await bench.run('replica', 'add', 'disk', '--folder', at('copy'))).code).toBe(0)
  expect((await bench.run('replica', 'sync', 'disk')).code).toBe(0)
  renameSync(place(), at('burnt'))
  for (const [n, given] of [
    ['--passphrase-file', at('pp2')],
    ['--key-file', secretFile('recovery', recoveryKey)],
  ].entries()) {
    const on = (...argv: string[]) => bench.run(...argv, '--home', at(`burnt-${n}`))
    const from = ['--folder', at('copy'), ...given]
    if (n === 0) expect((await on('home', 'restore', ...from)).code).toBe(0)
    const root = at(`root-${n}`)
    const recovered = await on('recover', 'host', ...from, '--root', root, '--rewrite-config', '--yes')
    expect([recovered.code, recovered.stderr], given[0]).toEqual([0, expect.not.stringContaining('failed')])
    expect(readdirSync(join(root, 'knowledge-packs')).length).toBeGreaterThan(0)
    // What is read later needs nobody any more.
    expect((await on('cat', 'latest', 'orchestrator_config.json')).code).toBe(0)
  }
  const locked = await bench.run('recover', 'host', '--folder', at('copy'), '--root', at('root-x'), '--yes', '--home', at('burnt-x'))
  expect([locked.code, locked.stderr]).toEqual([1, expect.stringContaining('encrypted')])
  renameSync(at('burnt'), place())
})

test('a repository in plain that turns up where an encrypted one was gets nothing', async () => {
  const other = at('plain')
  await bench.run('repository', 'init', other)
  await bench.run('repository', 'attach', place())
  rmSync(join(place(), 'keys'), { recursive: true })
  writeFileSync(join(place(), 'repository.json'), readFileSync(join(other, 'repository.json')))
  const refused = await bench.run('backup')
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('held the encrypted repository')])
})
