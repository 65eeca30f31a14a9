import { join } from 'node:path'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { twoFactor } from 'better-auth/plugins'
import { expect, test } from 'vitest'
import { openConsole } from '../open-database.ts'
import { temporaryFolder } from '../testing.ts'
import { countPeople, listPeople, setAccess } from './tables/people.ts'

const settings = (database: object) =>
  ({
    database,
    baseURL: 'http://127.0.0.1:7878',
    secret: 'a secret of at least thirty-two characters',
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: true, storage: 'database' },
    user: { additionalFields: { role: { type: 'string', required: true, defaultValue: 'viewer', input: false } } },
    plugins: [twoFactor()],
    telemetry: { enabled: false },
  }) as never

test('the auth library finds nothing to create, add or complain about', async () => {
  using folder = temporaryFolder()
  const { db, close } = openConsole(join(folder.path, 'console.db'))
  const found = await getMigrations(settings(db))
  expect(found.toBeCreated).toEqual([])
  expect(found.toBeAdded).toEqual([])
  expect(found.toBeAddedIndexes).toEqual([])
  expect(found.schemaProblems).toEqual([])
  close()
})

test('a person signs up and in through the auth library; the last admin keeps the role', async () => {
  using folder = temporaryFolder()
  const { db, close } = openConsole(join(folder.path, 'console.db'))
  expect(countPeople(db)).toBe(0)
  const auth = betterAuth(settings(db)) as unknown as ReturnType<typeof betterAuth>
  await auth.api.signUpEmail({ body: { name: 'Ada', email: 'ada@example.org', password: 'correct horse' } })
  const session = await auth.api.signInEmail({ body: { email: 'ada@example.org', password: 'correct horse' } })
  expect(session.token).toBeTruthy()
  const [ada] = listPeople(db)
  expect(ada).toMatchObject({ name: 'Ada', email: 'ada@example.org', role: 'viewer' })
  expect(setAccess(db, ada!.id, { role: 'admin', everywhere: true, workspaces: [] }, null)).toBe(true)
  expect(setAccess(db, ada!.id, { role: 'viewer', everywhere: true, workspaces: [] }, null)).toBe(false)
  expect(setAccess(db, ada!.id, { role: 'admin', everywhere: true, workspaces: [] }, ada!.createdAt)).toBe(false)
  expect(listPeople(db)[0]!.role).toBe('admin')
  close()
})
