import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditRowsAfter } from '#db/console/tables/audit.ts'
import { systemClock } from '#lib/base/clock.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import type { Actor, ServiceContext } from '../context.ts'
import { lookAtSource } from '../recover/look-at-source.ts'
import { listRepositories } from '../repository/list-repositories.ts'
import {
  addRepositoryKey,
  changeRepositoryPassphrase,
  initRepository,
  renameRepositoryKey,
  revokeRepositoryKey,
  startMigration,
  unlockRepository,
} from './repository-keys.ts'

let folder: string
let console: ConsoleOf
const as = (actor: Partial<Actor>): ServiceContext =>
  Object.create(console.ctx, { actor: { value: { ...console.ctx.actor, role: 'admin', via: 'console', ...actor } } }) as ServiceContext
const MINUTE_MS = 60_000
const fresh = () => as({ signedInMs: systemClock.realNowMs() - 14 * MINUTE_MS })

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-keys-'))
  console = consoleOf(join(folder, 'home'))
})
afterAll(() => {
  console.close()
  rmSync(folder, { recursive: true })
})

test('keys are for people who signed in a moment ago: not for an open browser, not for tokens, not for other roles', async () => {
  const path = join(folder, 'anywhere')
  const slot = `key_${'0'.repeat(16)}` as const
  const passphrase = 'a horse that is correct'
  const verbs = [
    (ctx: ServiceContext) => initRepository(ctx, { isEncrypted: true }),
    (ctx: ServiceContext) => addRepositoryKey(ctx, { repositoryPath: path, label: 'x', passphrase }),
    (ctx: ServiceContext) => renameRepositoryKey(ctx, { repositoryPath: path, slot, label: 'x' }),
    (ctx: ServiceContext) => revokeRepositoryKey(ctx, { repositoryPath: path, slot }),
    (ctx: ServiceContext) => changeRepositoryPassphrase(ctx, { repositoryPath: path, old: 'x', passphrase }),
    (ctx: ServiceContext) => unlockRepository(ctx, { repositoryPath: path, passphrase }),
    (ctx: ServiceContext) => lookAtSource(ctx, { source: { kind: 'repository', path }, passphrase }),
    (ctx: ServiceContext) =>
      startMigration(ctx, {
        repositoryPath: path,
        to: `${path}-2`,
        isEncrypted: true,
        isSwitch: true,
        areReplicasLeft: false,
        leaveOut: [],
      }),
  ]
  for (const verb of verbs) {
    for (const [actor, code] of [
      [{ signedInMs: systemClock.realNowMs() - 16 * MINUTE_MS }, 'sign_in_again'],
      [{}, 'sign_in_again'],
      [{ via: 'api' }, 'not_permitted'],
      [{ role: 'lead', signedInMs: systemClock.realNowMs() }, 'not_permitted'],
    ] as const)
      await expect(verb(as(actor))).rejects.toMatchObject({ code })
  }
})

test('a repository is made encrypted, and its slots are added, renamed, changed and revoked; the log says who did it and holds no secret', async () => {
  const { recoveryKey, path } = await initRepository(fresh(), { isEncrypted: true })
  expect(recoveryKey).toMatch(/^orchive-key-1 /)
  const view = async () => (await listRepositories(fresh())).repositories[0]!
  expect(await view()).toMatchObject({ path, state: 'open', isEncrypted: true, isDefault: true, workspaces: [], problem: null })
  const added = await addRepositoryKey(fresh(), { repositoryPath: path, label: 'sheet' })
  expect(added.recoveryKey).not.toBe(recoveryKey)
  await renameRepositoryKey(fresh(), { repositoryPath: path, slot: added.slotId, label: 'the paper' })
  const { slots } = await view()
  expect(slots.map(({ label }) => label).sort()).toEqual([expect.stringMatching(/^host /), 'recovery key', 'the paper'])
  const left = await revokeRepositoryKey(fresh(), { repositoryPath: path, slot: slots.find(({ label }) => label === 'the paper')!.id })
  expect(left.repositories[0]!.slots).toHaveLength(2)
  const own = slots.find(({ isOfThisHost }) => isOfThisHost)!
  await expect(revokeRepositoryKey(fresh(), { repositoryPath: path, slot: own.id })).rejects.toMatchObject({ code: 'invalid_input' })
  // A host that lost its keys is given one again by what was printed.
  rmSync(join(console.ctx.paths.keys, `${left.repositories[0]!.id}.key`))
  expect(await view()).toMatchObject({ state: 'locked', isEncrypted: true })
  await expect(unlockRepository(fresh(), { repositoryPath: path, key: added.recoveryKey! })).rejects.toMatchObject({ code: 'key_wrong' })
  expect((await unlockRepository(fresh(), { repositoryPath: path, key: recoveryKey! })).repositories[0]).toMatchObject({ state: 'open' })
  await expect(addRepositoryKey(fresh(), { repositoryPath: folder, label: 'x' })).rejects.toMatchObject({ code: 'repository_missing' })
  const log = auditRowsAfter(console.ctx.consoleDb, 0, 100)
  expect(log.map(({ action }) => action)).toEqual([
    'repository.init',
    'repository.key-add',
    'repository.key-rename',
    'repository.key-revoke',
    'repository.unlock',
  ])
  expect(JSON.stringify(log)).not.toContain(recoveryKey!.slice(20, 40))
})
