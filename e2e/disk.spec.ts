import { appendFileSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from '../test/builders/run-orchive.ts'
import { expect, expectAccessible, expectAccessibleEverywhere, test } from './console.ts'

const OLD_S = Date.UTC(2026, 0, 1) / 1000

/** Old logs of 200 KB each; their paths. */
function writeOldLogs({ workspace }: Bench, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const path = join(workspace.logsDir, `tasks-2025-10-${10 + i}.jsonl`)
    writeFileSync(path, `{"run":${i}}\n`.repeat(20_000))
    utimesSync(path, OLD_S, OLD_S)
    return path
  })
}

test('old logs are planned, offloaded and brought back, and what happened can be read', async ({ page, bench, console: running }) => {
  const old = writeOldLogs(bench, 6)
  await bench.run('backup')
  const before = readFileSync(old[0]!)
  await page.goto(running.url)
  await page.getByRole('link', { name: 'Disk', exact: true }).first().click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText('free. How fast it fills is not known yet.')
  await expect(page.getByRole('img', { name: /^Now: .* used$/ })).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Leaves the disk' })).toBeVisible()
  await expect(page.getByRole('row', { name: /tasks-\*\.jsonl/ })).toContainText('no archive at L3 yet')
  await expectAccessibleEverywhere(page)

  await page.getByRole('button', { name: 'Show as table' }).click()
  await expect(page.getByRole('row', { name: /knowledge-pack-\*\.json/ })).toContainText('nothing')
  await page.getByLabel('Newest packs that stay').fill('20')
  await expect(page.getByRole('row', { name: /^knowledge-pack-\*\.json Knowledge packs/ })).toContainText('in 4 files')
  await expect(page).toHaveURL(/packs=20/)
  await page.getByLabel('Newest packs that stay').fill('')
  await expect(page.getByRole('row', { name: /^knowledge-pack-\*\.json Knowledge packs/ })).toContainText('nothing')
  await page.getByRole('button', { name: /^Show \d+ files$/ }).click()
  await expect(page.getByText('logs/tasks-2025-10-10.jsonl')).toBeVisible()
  await expectAccessible(page)

  await page.getByRole('button', { name: /^Offload \d+ log files, free / }).click()
  await expect(page.getByText(/left the live disk; the archive holds every byte of them/)).toBeVisible()
  for (const path of old) expect(existsSync(path)).toBe(false)
  await expect(page.getByText('Read the archive back, every byte')).toBeVisible()
  await expect(page.getByText('Nothing leaves by this policy.', { exact: false })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Nothing to offload' })).toBeDisabled()
  await expectAccessible(page)

  await page.getByRole('link', { name: 'Restore the offload archive in place' }).click()
  await page.getByText('In place', { exact: true }).click()
  await page.getByRole('button', { name: 'Plan restore' }).click()
  await page.getByLabel(/Type sample/).fill('sample')
  await page.getByRole('button', { name: /^Replace \d+ items? in sample$/ }).click()
  await expect(page.getByText(/^Proven: all \d+ restored files/)).toBeVisible()
  expect(readFileSync(old[0]!)).toEqual(before)
})

test('a plan that went stale under review is refused, and the page plans again; a disk that cannot be read leaves the rest of it alive', async ({
  page,
  bench,
  console: running,
}) => {
  const old = writeOldLogs(bench, 2)
  await page.goto(running.url)
  await page.getByRole('link', { name: 'Disk', exact: true }).first().click()
  const go = page.getByRole('button', { name: /^Offload \d+ log files, / })
  await expect(go).toBeEnabled()
  appendFileSync(old[0]!, 'more\n')
  await go.click()
  await expect(page.getByText(/is not what was reviewed/).first()).toBeVisible()
  for (const path of old) expect(existsSync(path)).toBe(true)
  await page.getByRole('button', { name: 'Look again' }).click()
  await expect(page.getByText('What stays, and why')).toBeVisible()

  // The browser itself logs a request that failed as an error; that is what this is about.
  page.removeAllListeners('console')
  await page.route('**/api/v1/workspaces/*/disk', (route) => route.abort())
  await page.reload()
  await expect(page.getByRole('alert').filter({ hasText: 'The console does not answer.' })).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Leaves the disk' })).toBeVisible()
  await expect(page.getByRole('button', { name: /^Offload / })).toBeEnabled()
})
