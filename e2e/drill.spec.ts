import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { EvidenceSchema } from '../lib/contracts/evidence.ts'
import { expect, expectAccessible, expectAccessibleEverywhere, test } from './console.ts'

test('drill an archive from its panel, read and print the report, and show the evidence', async ({ page, bench, console: running }) => {
  await bench.run('backup')
  await page.goto(running.url)
  await page.getByRole('link', { name: 'Archives', exact: true }).first().click()
  await page.getByRole('table').getByRole('button').first().click()
  const panel = page.getByRole('complementary', { name: 'Archive' })
  await expect(panel.getByText('Needs a drill.')).toBeVisible()
  await expect(panel.getByText('Run verify at level config.')).toBeVisible()
  await panel.getByRole('button', { name: 'Start drill' }).click()
  await expect(panel.getByText(/^Expires /)).toHaveCount(5)
  await expect(panel.getByRole('button', { name: 'Start drill' })).toHaveCount(0)
  expect(readdirSync(join(bench.home, 'drills'))).toEqual([])
  await expectAccessible(page)

  await page.getByRole('link', { name: 'Evidence', exact: true }).first().click()
  await expect(page.getByText(/^You can restore to .* reached L5/)).toBeVisible()
  await expect(page.getByText('None: each archive is in its place and proven.')).toBeVisible()
  await expectAccessibleEverywhere(page)
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Export JSON' }).click()
  const evidence = EvidenceSchema.parse(JSON.parse(readFileSync(await (await download).path(), 'utf8')))
  expect(evidence).toMatchObject({ isRecoverable: true, drills: [{ verdict: 'passed' }], gaps: [] })

  await expectFitsPaper(page)

  await page.getByRole('link', { name: 'Recovery sheet' }).click()
  await expect(page.getByRole('heading', { name: 'Which archive' })).toBeVisible()
  await expect(page.getByText(/^sh recover\.sh extract arc_/)).toBeVisible()
  await expectAccessible(page)
  await expectFitsPaper(page)
  await page.goBack()

  // One flipped bit in the largest pack: it is found, and healed from the live files.
  flipABit(join(bench.home, 'repository/packs'))
  await page.getByRole('button', { name: 'Heal', exact: true }).click()
  await page.getByRole('link', { name: 'See the job and what it found' }).click()
  await expect(page.getByText('Everything that was lost is there again.')).toBeVisible()
  await expect(page.getByText('Verified again: 1 of 1 archive whole.')).toBeVisible()
  await expectAccessible(page)
  await page.goBack()

  await page.getByRole('table').last().getByRole('link').first().click()
  await expect(page).toHaveURL(/\/evidence\/drills\/job_/)
  await expect(page.getByText('Passed: the archive was restored and holds.')).toBeVisible()
  await expect(page.getByText('Read each file back from disk')).toBeVisible()
  await expectAccessibleEverywhere(page)

  await expectFitsPaper(page)
  await page.emulateMedia({ media: 'print' })
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeHidden()
  await expect(page.getByRole('button', { name: 'Print' })).toBeHidden()
  await expect(page.getByText('Read each file back from disk')).toBeVisible()
  expect((await page.pdf()).length).toBeGreaterThan(5000)
  await page.emulateMedia({ media: 'screen' })

  await page.goto(running.url)
  await expect(page.getByRole('heading', { level: 1 })).toContainText('You can restore to')
  await expect(page.getByText(/^Proven .*, lapses /)).toBeVisible()
})

function flipABit(packs: string): void {
  const all = readdirSync(packs, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pack'))
  const [largest] = all.map((name) => join(packs, name)).sort((a, b) => statSync(b).size - statSync(a).size)
  const bytes = readFileSync(largest!)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(largest!, bytes)
}

/** Nothing of a table is cut off on a sheet of A4. */
async function expectFitsPaper(page: Page): Promise<void> {
  await page.setViewportSize({ width: 718, height: 1016 })
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  const ink = await page.evaluate(() => getComputedStyle(document.querySelector('main td')!).color)
  expect(ink, 'ink of a dark theme on paper').toBe('rgb(0, 0, 0)')
  const cut = await page.evaluate(() => [...document.querySelectorAll('.tw')].filter((one) => one.scrollWidth > one.clientWidth + 1).length)
  expect(cut, 'tables wider than the paper').toBe(0)
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' })
  await page.setViewportSize({ width: 1440, height: 900 })
}
