import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listAudit } from '#db/console/tables/audit.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { Role } from '#lib/contracts/rights.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { putPerson } from '#test/builders/put-person.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { invite, lookAtLink, makePasswordLink, spendLink } from './links.ts'
import { changePerson } from './people.ts'
import { actorOfToken, makeToken, refuseTokenIn, revokeToken } from './tokens.ts'

const DAY_MS = 86_400_000
let folder: string
let home: ConsoleOf
let nowMs: number

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-people-'))
  home = consoleOf(folder, { ...systemClock, nowMs: () => nowMs, realNowMs: () => nowMs })
  putPerson(home.ctx.consoleDb, { id: 'ruth', name: 'Ruth', email: 'ruth@example.test', role: 'admin' })
  putPerson(home.ctx.consoleDb, { id: 'mara', name: 'Mara', email: 'mara@example.test', role: 'lead' })
})
beforeEach(() => {
  nowMs = Date.parse('2026-11-24T12:00:00Z')
})
afterAll(() => {
  home.close()
  rmSync(folder, { recursive: true, force: true })
})

const as = (id: string, name: string, role: Role): ServiceContext =>
  Object.create(home.ctx, { actor: { value: { id, name, role, via: 'console' } } })
const ruth = () => as('ruth', 'Ruth', 'admin')
const mara = () => as('mara', 'Mara', 'lead')
const secretOf = ({ path }: { path: string }) => path.split('=')[1]!
const everywhere = (role: Role) => ({ role, everywhere: true, workspaces: [] })

test('a token has the rights it names, as long as it lasts, its owner has them and may come in', () => {
  const { token, record } = makeToken(mara(), { name: 'nightly', scope: ['list', 'forget'], workspaceIds: null, days: 30 })
  const sent = () => ({ actor: actorOfToken(home.ctx, token, null) })
  expect(() => requireRight(sent(), 'forget')).not.toThrow()
  expect(() => requireRight(sent(), 'restore')).toThrow('was not given the right “restore”')
  changePerson(ruth(), { person: 'mara', access: everywhere('operator') })
  expect(() => requireRight(sent(), 'forget')).toThrow('does not have the right')
  changePerson(ruth(), { person: 'mara', access: everywhere('lead'), disabled: true })
  expect(sent).toThrow('not known')
  changePerson(ruth(), { person: 'mara', disabled: false })

  nowMs += 30 * DAY_MS - 1
  expect(sent).not.toThrow()
  nowMs += 1
  expect(sent).toThrow('The token nightly was good until 2026-12-24T12:00:00.000Z')
  revokeToken(mara(), { token: record.id })
  expect(sent).toThrow('not known')
})

test('a token in an address is refused, also as a part of another word, and the log says whose it was', () => {
  const { token, record } = makeToken(mara(), { name: 'leaked', scope: ['list'], workspaceIds: null, days: 1 })
  const encoded = `https://x.test/api/v1/jobs?next=%2Fx%3Ftoken%3D${token}`
  for (const url of [`https://x.test/api/v1/jobs?token=${token}`, encoded, `https://x.test/${token}/jobs`])
    expect(() => refuseTokenIn(home.ctx, url)).toThrow('stands in the address')
  expect(() => refuseTokenIn(home.ctx, 'https://x.test/api/v1/jobs?token=')).not.toThrow()
  const [told] = listAudit(home.ctx.consoleDb, {}, { limit: 1 }).rows
  expect(told).toMatchObject({ action: 'token.exposed', objectId: record.id, detail: { name: 'leaked' } })
  expect(JSON.stringify(told)).not.toContain(token)
})

test('a link opens once and for its time; a newer one for the same person ends the older', () => {
  const asked = { email: 'Tomas@example.test', access: everywhere('viewer') }
  const first = secretOf(invite(ruth(), asked))
  const second = secretOf(invite(ruth(), asked))
  expect(() => lookAtLink(home.ctx, first)).toThrow('was used, withdrawn, or is over')
  nowMs += 3 * DAY_MS - 1
  expect(lookAtLink(home.ctx, second)).toMatchObject({ email: 'tomas@example.test' })
  expect(spendLink(home.ctx, second)).toMatchObject({ kind: 'invitation' })
  expect(() => spendLink(home.ctx, second)).toThrow('was used')
  const password = secretOf(makePasswordLink(ruth(), { person: 'mara' }))
  nowMs += DAY_MS
  expect(() => spendLink(home.ctx, password)).toThrow('is over')
  expect(() => invite(mara(), asked)).toThrow('users')
  expect(() => makePasswordLink(mara(), { person: 'ruth' })).toThrow('users')
})
