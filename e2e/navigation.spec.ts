import { readdirSync } from 'node:fs'
import { holdRepository } from '../test/builders/hold-repository.ts'
import { expect, expectAccessible, test } from './console.ts'

test('keys go to every section, walk the archives and list themselves; find reaches files of any archive', async ({
  page,
  bench,
  console: running,
}) => {
  await bench.run('backup')
  await bench.run('backup')
  const pack = readdirSync(bench.workspace.packsDir).find((name) => name.endsWith('.json'))!
  await page.goto(running.url)
  await expect(page.getByRole('heading', { level: 1 })).toContainText('archive')
  await page.keyboard.press('b')
  await expect(page.getByRole('button', { name: 'Back up now' }).first()).toBeFocused()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Back up now' }).first()).toBeFocused()

  await page.keyboard.press('g')
  await page.keyboard.press('a')
  await expect(page.getByRole('table').getByRole('button')).toHaveCount(2)
  const rows = page.getByRole('table').getByRole('button')
  await page.keyboard.press('j')
  await expect(rows.nth(0)).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('j')
  await expect(rows.nth(1)).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press(']')
  await expect(rows.nth(0)).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('complementary', { name: 'Archive' })).toHaveCount(0)
  await page.getByRole('grid', { name: 'Archives over time' }).focus()
  await page.keyboard.press('Enter')
  await expect(rows.nth(0)).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('Escape')

  await page.keyboard.press('/')
  await page.getByPlaceholder('Find a page, an archive or a file').last().fill(pack)
  await page.getByRole('dialog').getByText(`knowledge-packs/${pack}`).click()
  await expect(page).toHaveURL(/\/browse\?path=/)
  await expect(page.getByRole('heading', { name: pack })).toBeVisible()
  await page.keyboard.press('f')
  await expect(page.getByLabel('Find a file in this archive')).toBeFocused()
})

test('on a phone the job under way is shown and can be stopped', async ({ page, bench, console: running }) => {
  const writer = await holdRepository(`${bench.home}/repository`)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(running.url)
  const bar = page.getByRole('region', { name: 'Jobs', exact: true })
  await expect(bar).toBeHidden()
  await page.getByRole('button', { name: 'More' }).click()
  await expect(page.getByRole('dialog', { name: 'More' }).getByRole('link', { name: 'Disk' })).toBeVisible()
  await expectAccessible(page)
  await page.getByRole('dialog', { name: 'More' }).getByRole('link', { name: 'Settings' }).click()
  await expect(page.getByRole('heading', { name: 'Workspaces' })).toBeVisible()
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Approvals' }).click()
  await expect(page.getByText('Nothing waits for a decision.')).toBeVisible()
  await expectAccessible(page)
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Overview' }).click()
  await page.getByRole('button', { name: 'Back up now' }).first().click()
  await expect(bar.getByRole('link', { name: 'Back up sample' })).toBeVisible()
  await expect(bar.getByRole('progressbar')).toBeVisible()
  await bar.getByRole('button', { name: 'Stop Back up sample' }).click()
  await expect(bar).toBeHidden()
  await writer.release()
})
