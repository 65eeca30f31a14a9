import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openConsole } from '#db/open-database.ts'
import { putPerson } from '#test/builders/put-person.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
beforeEach(async () => {
  bench = await makeBench({ isQuick: true, packs: 1, logs: 1 })
  const { db, close } = openConsole(join(bench.home, 'prisma-free-db/console.db'))
  putPerson(db, { id: 'u1', name: 'Ada', email: 'ada@example.test', role: 'admin', twoStep: true })
  close()
})
afterEach(() => bench.remove())

test('an admin who cannot get in any more gets back in on the host, and the audit log says so', async () => {
  expect((await bench.run('people', 'list')).stdout).toMatch(/ada@example\.test\s+Ada\s+admin\s+everywhere\s+yes/)
  const link = await bench.run('people', 'password-link', 'ADA@example.test')
  expect([link.code, link.stdout]).toEqual([0, expect.stringMatching(/^\/join#token=\S+\n/)])
  expect((await bench.run('people', 'end-two-step', 'ada@example.test', '--json')).json).toMatchObject({
    email: 'ada@example.test',
    twoStep: false,
  })
  expect((await bench.run('people', 'end-two-step', 'ada@example.test')).stdout).toContain('has no second step')
  const told = (await bench.run('audit', 'list', '--kind', 'person', '--json')).json
  expect(told).toMatchObject([{ action: 'person.two-step', detail: { on: false } }])
})

test('somebody new is invited; whoever has an account, nobody, and no address are refused', async () => {
  expect((await bench.run('people', 'invite', 'new@example.test', '--role', 'lead', '--json')).json).toMatchObject({
    path: expect.stringContaining('/join#token='),
  })
  const refused = async (...argv: string[]) => {
    const { code, stderr } = await bench.run('people', ...argv)
    return [code, stderr]
  }
  expect(await refused('invite', 'ada@example.test')).toEqual([1, expect.stringContaining('belongs to Ada')])
  expect(await refused('invite', 'nobody at all')).toEqual([2, expect.stringContaining('is not an e-mail address')])
  expect(await refused('invite', 'x@example.test', '--role', 'king')).toEqual([2, expect.stringContaining('king')])
  expect(await refused('password-link', 'eve@example.test')).toEqual([1, expect.stringContaining('Nobody signs in as eve')])
})
