import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openConsole } from '#db/open-database.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
beforeEach(async () => {
  bench = await makeBench({ isQuick: true, packs: 1, logs: 1 })
  await bench.run('backup')
})
afterEach(() => bench.remove())

/** Changes the log as somebody with the database at hand would. */
function tamper(sql: string): void {
  const { db, close } = openConsole(join(bench.home, 'prisma-free-db/console.db'))
  db.exec(`DROP TRIGGER IF EXISTS audit_is_never_changed; DROP TRIGGER IF EXISTS audit_is_never_shortened; ${sql}`)
  close()
}

test('the log says who did what, by filters, and goes out as CSV that no spreadsheet runs', async () => {
  await bench.run('hold', 'latest', '--reason', '=HYPERLINK("https://evil.test")')
  const lines = (await bench.run('audit', 'list', '--action', 'archive.hold', '--json')).json as {
    action: string
    via: string
    detail: { reason: string }
  }[]
  expect(lines).toMatchObject([{ action: 'archive.hold', via: 'cli' }])
  expect((await bench.run('audit', 'list', '--from', '2999-01-01')).stdout).toContain('No line of the log fits.')
  const csv = (await bench.run('audit', 'export')).stdout
  expect(csv.split('\r\n')[0]).toBe('seq,at,actor,role,via,address,action,objectKind,objectId,workspaceId,detail,previousHash,hash')
  expect(csv).toContain('HYPERLINK')
  expect(csv).not.toMatch(/(^|,)"?[=+@-]/m)
  const documents = (await bench.run('audit', 'export', '--format', 'json')).events
  // The export before is a line itself.
  expect(documents.map(({ action }) => action)).toEqual(expect.arrayContaining(['audit.export', 'archive.hold']))
  const bad = await bench.run('audit', 'list', '--from', 'yesterday')
  expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('--from yesterday is no time')])
})

test.each([
  ['changed', `UPDATE audit SET actor = 'nobody' WHERE seq = 1`, 1],
  ['taken out', 'DELETE FROM audit WHERE seq = 1', 2],
])('a line that was %s is found, and so are guards that are gone', async (_, sql, brokenAt) => {
  await bench.run('hold', 'latest', '--reason', 'x')
  const whole = await bench.run('audit', 'verify', '--json')
  expect([whole.code, whole.json]).toMatchObject([0, { ok: true, isGuarded: true, brokenAt: null }])
  tamper(sql)
  const broken = await bench.run('audit', 'verify', '--json')
  expect([broken.code, broken.json]).toMatchObject([1, { ok: false, isGuarded: false, brokenAt }])
})
