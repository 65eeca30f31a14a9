import { join } from 'node:path'
import { expect, test } from 'vitest'
import { putInvitation } from '#db/console/tables/invitations.ts'
import { openConsole } from '#db/open-database.ts'
import { temporaryFolder } from '#db/testing.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { SignInProvider } from '#lib/contracts/sign-in.ts'
import { putPerson } from '#test/builders/put-person.ts'
import { admissionOf, type Claims } from './admit.ts'

const PROVIDER: SignInProvider = { label: 'x', issuer: 'https://login.example.org', clientId: 'x', domains: [], newcomers: null }
const CLAIMS: Claims = { account: 'https://login.example.org zoe', email: 'Zoe@Example.org', isVerified: true, name: 'Zoe' }
const access = { role: 'lead', everywhere: false, workspaces: [] } as const

test('who is admitted: the person of a verified address, then its invitation, then newcomers if they may', () => {
  using folder = temporaryFolder()
  const { db, close } = openConsole(join(folder.path, 'console.db'))
  const ctx = { consoleDb: db, clock: systemClock }
  const admit = (provider: Partial<SignInProvider> = {}, claims: Partial<Claims> = {}) =>
    admissionOf(ctx, { ...PROVIDER, ...provider }, { ...CLAIMS, ...claims })
  expect(admit()).toEqual({ kind: 'refuse', problem: 'uninvited' })
  expect(admit({ newcomers: 'viewer' })).toMatchObject({
    kind: 'create',
    email: 'zoe@example.org',
    name: 'Zoe',
    invitation: null,
    role: 'viewer',
  })
  expect(admit({ newcomers: 'viewer' }, { isVerified: false })).toEqual({ kind: 'refuse', problem: 'unverified' })
  expect(admit({ newcomers: 'viewer' }, { email: null })).toEqual({ kind: 'refuse', problem: 'unverified' })
  // What stands before the last @ is no domain.
  expect(admit({ newcomers: 'viewer', domains: ['example.org'] }, { email: 'eve@example.org@evil.test' })).toEqual({
    kind: 'refuse',
    problem: 'domain',
  })
  expect(admit({ newcomers: 'viewer', domains: ['example.org'] }, { email: 'eve@sub.example.org' })).toEqual({
    kind: 'refuse',
    problem: 'domain',
  })
  expect(admit({ newcomers: 'viewer', domains: ['example.org'] }, { name: '' })).toMatchObject({ kind: 'create', name: 'zoe@example.org' })

  const invitation = {
    id: 'inv_0000000000000001',
    kind: 'invitation',
    email: 'zoe@example.org',
    access,
    userId: null,
    madeBy: 'Ada',
  } as const
  putInvitation(db, 'hash-1', { ...invitation, createdAt: '2020-01-01T00:00:00.000Z', expiresAt: '2020-01-02T00:00:00.000Z' } as never)
  expect(admit()).toEqual({ kind: 'refuse', problem: 'uninvited' })
  putInvitation(db, 'hash-2', {
    ...invitation,
    id: 'inv_0000000000000002',
    createdAt: '2020-01-01T00:00:00.000Z',
    expiresAt: '2999-01-01T00:00:00.000Z',
  } as never)
  expect(admit({ newcomers: 'viewer' })).toMatchObject({ kind: 'create', role: null, invitation: { id: 'inv_0000000000000002', access } })

  putPerson(db, { id: 'zoe', name: 'Zoe', email: 'zoe@example.org', role: 'operator' })
  expect(admit()).toEqual({ kind: 'link', personId: 'zoe' })
  putPerson(db, { id: 'max', name: 'Max', email: 'max@example.org', role: 'operator', disabledAt: '2026-01-01T00:00:00.000Z' })
  expect(admit({}, { email: 'max@example.org' })).toEqual({ kind: 'refuse', problem: 'disabled' })
  close()
})
