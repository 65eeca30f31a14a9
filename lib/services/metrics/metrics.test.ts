import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { listWorkspaces, updateWorkspace } from '#db/console/tables/workspaces.ts'
import { systemClock } from '#lib/base/clock.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { metricsText } from './collect-metrics.ts'
import { METRICS } from './definitions.ts'
import { isMetricsToken, metricsToken } from './metrics-token.ts'

let bench: Bench
let home: ConsoleOf
let nowMs: number

beforeAll(async () => {
  vi.stubEnv('ORCHIVE_TEST', '1')
  setNow('2026-03-10T12:00:00Z')
  bench = await makeBench({ isQuick: true, packs: 2, logs: 1 })
  home = consoleOf(bench.home, { ...systemClock, nowMs: () => nowMs })
})
afterAll(() => {
  home.close()
  vi.unstubAllEnvs()
  bench.remove()
})

function setNow(iso: string): void {
  nowMs = Date.parse(iso)
  vi.stubEnv('ORCHIVE_NOW', iso)
}

/** The samples of a scrape, by name and labels as they are written. */
async function scrape(): Promise<Record<string, number>> {
  const lines = (await metricsText(home.ctx)).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

const W = '{workspace="sample"}'

test('what is known is told in Prometheus’ format, and what is not known is absent rather than 0', async () => {
  const before = await scrape()
  expect(before).toMatchObject({ [`orchive_backup_scheduled${W}`]: 1, [`orchive_known_good${W}`]: 0, orchive_notifications_waiting: 0 })
  expect(Object.keys(before).filter((name) => /last_success|known_good_age|grade/.test(name))).toEqual([])
  await bench.run('backup')
  await bench.run('verify', 'latest')
  setNow('2026-03-10T13:00:00Z')
  const samples = await scrape()
  expect(samples).toMatchObject({
    [`orchive_backup_last_success_timestamp_seconds${W}`]: Date.parse('2026-03-10T12:00:00Z') / 1000,
    [`orchive_backup_last_success_age_seconds${W}`]: 3600,
    [`orchive_backup_overdue_seconds${W}`]: 0,
    [`orchive_known_good${W}`]: 1,
    [`orchive_known_good_grade${W}`]: 3,
    [`orchive_archives${W}`]: 1,
    'orchive_jobs_finished_total{kind="backup",outcome="success"}': 1,
    'orchive_jobs_finished_total{kind="verify",outcome="success"}': 1,
  })
  const [stored] = Object.entries(samples).filter(([name]) => name.startsWith('orchive_repository_stored_bytes'))
  expect(stored?.[1]).toBeGreaterThan(1000)
  const { stdout } = await bench.run('metrics')
  expect(stdout).toContain(`orchive_archives${W} 1\n`)
})

test('an overdue backup grows by the second, by the rule of the Overview', async () => {
  const { id } = listWorkspaces(home.ctx.consoleDb)[0]!
  updateWorkspace(home.ctx.consoleDb, id, { schedule: '0 2 * * *', timeZone: 'UTC' }, new Date(nowMs).toISOString())
  nowMs = Date.parse('2026-03-11T02:30:01Z')
  expect(await scrape()).toMatchObject({ [`orchive_backup_overdue_seconds${W}`]: 1801 })
})

test('the dashboard and the alert rules use no metric that there is not', () => {
  const known = new Set(Object.values(METRICS).map(([name]) => name as string))
  for (const file of ['grafana-dashboard.json', 'prometheus-alerts.yml']) {
    const text = readFileSync(new URL(`../../../docs/monitoring/${file}`, import.meta.url), 'utf8')
    const used = [...new Set(text.match(/orchive_[a-z_]+/g))]
    expect(used.length).toBeGreaterThan(4)
    expect(used.filter((name) => !known.has(name))).toEqual([])
    if (file.endsWith('.json')) expect(JSON.parse(text)).toMatchObject({ title: 'Orchive' })
  }
})

test('the token is made once, for this user alone, and a file that is emptied opens nothing', () => {
  const token = metricsToken(home.ctx)
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(metricsToken(home.ctx)).toBe(token)
  expect(statSync(home.ctx.paths.metricsToken).mode & 0o777).toBe(0o600)
  expect([token, '', `${token}x`, token.slice(1)].map((given) => isMetricsToken(home.ctx, given))).toEqual([true, false, false, false])
  writeFileSync(home.ctx.paths.metricsToken, '')
  expect(isMetricsToken(home.ctx, '')).toBe(false)
})
