import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openConsole } from '#db/open-database.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import type { ServiceContext } from '../context.ts'
import { checkMirrors, mirrorAudit } from './mirror.ts'
import { record } from './record.ts'

let bench: Bench
let home: ConsoleOf
beforeEach(async () => {
  bench = await makeBench({ isQuick: true, packs: 1, logs: 1 })
  await bench.run('backup')
  home = consoleOf(bench.home)
})
afterEach(() => {
  home.close()
  bench.remove()
})

const admin = (): ServiceContext => Object.create(home.ctx, { actor: { value: { id: null, name: 'Ada', role: 'admin', via: 'cli' } } })
const folder = () => {
  const audit = join(bench.home, 'repository/system/audit')
  return join(audit, readdirSync(audit)[0]!)
}
const happen = (count: number) => {
  for (let n = 0; n < count; n++) record(admin(), 'test.line', { kind: 'test', id: String(n) })
}
/** Does to the log what somebody with the database at hand could. */
function tamper(sql: string): void {
  const { db, close } = openConsole(join(bench.home, 'prisma-free-db/console.db'))
  db.exec(`DROP TRIGGER IF EXISTS audit_is_never_changed; DROP TRIGGER IF EXISTS audit_is_never_shortened; ${sql}`)
  close()
}
const problems = async () => (await checkMirrors(admin())).map(({ problem }) => problem)

test('what is new is copied beside the archives, and verify says how far', async () => {
  happen(3)
  const [first] = await mirrorAudit(admin())
  expect(first).toMatchObject({ repository: join(bench.home, 'repository'), behind: 0, problem: null })
  happen(2)
  expect(await checkMirrors(admin())).toMatchObject([{ upTo: first!.upTo, behind: 2, problem: null }])
  expect(await mirrorAudit(admin())).toMatchObject([{ upTo: first!.upTo + 2, behind: 0 }])
  expect(await mirrorAudit(admin())).toMatchObject([{ upTo: first!.upTo + 2, behind: 0 }])
  expect(readdirSync(folder())).toHaveLength(2)
  expect((await bench.run('verify', '--all', '--level', 'bytes')).code).toBe(0)
  const name = join(folder(), readdirSync(folder())[0]!)
  const bytes = readFileSync(name)
  // A bit of a name that stands for nothing, too.
  bytes[bytes.indexOf('"address"') + 1]! ^= 1
  writeFileSync(name, bytes)
  const verified = await bench.run('verify', '--all', '--level', 'bytes')
  expect([verified.code, verified.stderr]).toEqual([3, expect.stringContaining('a copy of lines of the audit log, was changed')])
})

test('lines that were cut off the end of the log lie in the copy', async () => {
  happen(3)
  const { upTo } = (await mirrorAudit(admin()))[0]!
  tamper(`DELETE FROM audit WHERE seq > ${upTo - 2}`)
  expect(await problems()).toEqual([
    expect.stringMatching(new RegExp(`^Line ${upTo - 1} .*the log here ends with ${upTo - 2}\\. Lines were cut off`)),
  ])
  const told = await bench.run('audit', 'verify')
  expect([told.code, told.stderr]).toEqual([1, expect.stringContaining('Lines were cut off it')])
  // It goes on, and what was cut stays to be seen.
  happen(4)
  expect(await mirrorAudit(admin())).toMatchObject([{ upTo: upTo + 2, behind: 0 }])
  expect(await problems()).toEqual([expect.stringContaining('another one in its place')])
})

test('a log that was rewritten from some line on, with hashes that fit, is not the one that was copied', async () => {
  happen(2)
  await mirrorAudit(admin())
  tamper('DELETE FROM audit')
  happen(9)
  expect(await problems()).toEqual([expect.stringContaining('another one in its place')])
})

test('a copy that was changed or cut short is told', async () => {
  happen(2)
  await mirrorAudit(admin())
  const [name] = readdirSync(folder())
  rmSync(join(folder(), name!))
  writeFileSync(join(folder(), name!), '{"seq":1}\n')
  expect(await problems()).toEqual([expect.stringContaining('was changed, or is not whole')])
})

test('many small objects become one, without a line lost', async () => {
  for (let n = 0; n < 49; n++) {
    happen(1)
    await mirrorAudit(admin())
  }
  expect(readdirSync(folder()).length).toBeLessThan(5)
  expect(await problems()).toEqual([null])
})

test('a repository that cannot be written is told, and keeps nothing else from going on', async () => {
  rmSync(join(bench.home, 'repository/system'), { recursive: true, force: true })
  writeFileSync(join(bench.home, 'repository/system'), 'in the way')
  expect(await mirrorAudit(admin())).toMatchObject([{ upTo: 0, problem: expect.stringContaining('could not be reached') }])
})
