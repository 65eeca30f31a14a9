import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditRowsAfter } from '#db/console/tables/audit.ts'
import { systemClock } from '#lib/base/clock.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import type { ServiceContext } from '../context.ts'
import { attachedPlaces, attachKeptPlace, requirePlace } from '../repository/attached-places.ts'
import { openOrInit } from '../repository/open-or-init.ts'
import { lookAtSource } from './look-at-source.ts'

const passphrase = 'what the place never learns'
let folder: string
let lost: BackedUpWorkspace
let console: ConsoleOf
let ctx: ServiceContext
const files = (path: string) => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
const look = (path: string, typed: { passphrase?: string } = {}) =>
  lookAtSource(ctx, {
    source: { kind: 'place', target: { kind: 'folder', path, isImmutable: false }, secrets: { kind: 'none' } },
    ...typed,
  })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-look-'))
  lost = await makeBackedUpWorkspace({ slots: [{ secret: { kind: 'passphrase', passphrase }, label: 'ours' }] })
  await lost.backUp()
  console = consoleOf(join(folder, 'home'))
  const actor = { ...console.ctx.actor, role: 'admin', via: 'console', signedInMs: systemClock.realNowMs() } as const
  ctx = Object.create(console.ctx, { actor: { value: actor } }) as ServiceContext
})
afterAll(() => {
  console.close()
  for (const path of [folder, lost.folder]) rmSync(path, { recursive: true, force: true })
})

test('what is wrong with a place is told by the step at which it showed, by the name that people gave it', async () => {
  const { repositoryPath } = lost
  const wrong = async (path: string, typed = {}) => {
    const { isUsable, source, steps } = await look(path, typed)
    expect([isUsable, source]).toEqual([false, null])
    return [steps.at(-1)!.step, steps.at(-1)!.error]
  }
  expect(await wrong(join(folder, 'nowhere'))).toEqual(['head', expect.objectContaining({ code: 'repository_missing' })])
  expect(await wrong(lost.root)).toEqual(['head', expect.objectContaining({ code: 'repository_missing' })])
  const sealed = await wrong(repositoryPath)
  expect(sealed).toEqual([
    'archives',
    expect.objectContaining({ code: 'repository_sealed', message: expect.stringContaining(`at ${repositoryPath} `) }),
  ])
  expect(await wrong(repositoryPath, { passphrase: 'another' })).toEqual(['unlock', expect.objectContaining({ code: 'key_wrong' })])
})

test('a place that opens is known to a plan, and no part of the home before one takes it; nothing is written there, and no secret is in the log', async () => {
  const { repositoryPath } = lost
  const before = files(repositoryPath)
  const found = await look(repositoryPath, { passphrase })
  expect(found).toMatchObject({ isUsable: true, isEncrypted: true, archives: 1, source: { kind: 'place' } })
  expect(files(repositoryPath)).toEqual(before)
  expect(attachedPlaces(ctx)).toEqual([])
  const place = requirePlace(ctx, (found.source as { placeId: string }).placeId)
  expect(() => requirePlace(ctx, '0123456789abcdef')).toThrow('does not know the place')
  await attachKeptPlace(place, new AbortController().signal)
  expect(attachedPlaces(ctx)).toEqual([place])
  // A backup that comes first does not put into the clear what was encrypted.
  const first = openOrInit(ctx, ctx.paths.repository, new Date().toISOString())
  await expect(first).rejects.toMatchObject({ code: 'repository_missing', hint: expect.stringContaining('--encrypt') })
  // Looked at once more, it stays what it is.
  expect((await look(repositoryPath)).isUsable).toBe(true)
  expect(attachedPlaces(ctx)).toEqual([place])
  const rows = auditRowsAfter(ctx.consoleDb, 0, 100)
  expect(rows.map(({ action }) => action)).toContain('host.look')
  expect(JSON.stringify(rows)).not.toContain(passphrase)
  for (const name of files(join(folder, 'home', 'attached')).filter((one) => one.endsWith('.json')))
    expect(readFileSync(join(folder, 'home', 'attached', name), 'utf8')).not.toContain(passphrase)
})
