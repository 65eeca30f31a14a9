import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, expectAccessibleEverywhere, test } from './console.ts'

test('an archive is held, let go, moved to the trash, taken back, and pruned for good', async ({ page, bench, console: running }) => {
  test.setTimeout(180_000)
  await bench.run('backup')
  writeFileSync(join(bench.workspace.logsDir, 'newer.jsonl'), '{"run":1}\n'.repeat(5000))
  await bench.run('backup')
  await page.goto(running.url)
  await page.getByRole('link', { name: 'Archives', exact: true }).first().click()
  const rows = page.locator('table.at tbody tr')
  await expect(rows).toHaveCount(2)
  const panel = page.getByRole('complementary', { name: 'Archive' })
  const dialog = page.getByRole('dialog')
  await rows.nth(1).getByRole('button').click()

  await panel.getByRole('button', { name: 'Hold archive' }).click()
  await dialog.getByLabel('Reason').fill('audit')
  await dialog.getByRole('button', { name: 'Hold it' }).click()
  await expect(panel.getByText('audit')).toBeVisible()
  await panel.getByRole('button', { name: 'Move to trash' }).click()
  await dialog.getByLabel('Reason').fill('too old')
  await dialog.getByRole('button', { name: 'Move to trash' }).click()
  await expect(dialog.getByRole('alert')).toContainText('holds it: audit')
  await page.keyboard.press('Escape')
  await panel.getByRole('button', { name: 'Release hold' }).click()
  await panel.getByRole('button', { name: 'Hold archive' }).waitFor()

  await panel.getByRole('button', { name: 'Move to trash' }).click()
  await dialog.getByLabel('Reason').fill('too old')
  await expectAccessibleEverywhere(page)
  await dialog.getByRole('button', { name: 'Move to trash' }).click()
  await expect(rows).toHaveCount(1)
  await expect(panel).toBeHidden()

  await page.getByRole('link', { name: 'Trash' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Trash' })).toBeVisible()
  await expect(page.getByRole('cell', { name: /: too old$/ })).toBeVisible()
  await expect(
    page
      .getByRole('cell', { name: 'Ada: too old' })
      .or(page.getByRole('cell', { name: /: too old$/ }))
      .first(),
  ).toBeVisible()
  await expect(page.getByText(/ in packs$/).first()).toBeVisible()
  await expectAccessibleEverywhere(page)
  await page.getByRole('button', { name: /^Take back/ }).click()
  await expect(page.getByText('The trash is empty.', { exact: false })).toBeVisible()

  await page.getByRole('link', { name: 'All archives' }).click()
  await expect(rows).toHaveCount(2)
  await rows.nth(1).getByRole('button').click()
  await panel.getByRole('button', { name: 'Move to trash' }).click()
  await dialog.getByLabel('Reason').fill('for good')
  await dialog.getByRole('button', { name: 'Move to trash' }).click()
  await expect(rows).toHaveCount(1)
  await page.getByRole('link', { name: 'Trash' }).click()
  await page.getByRole('checkbox', { name: /^Without days of grace/ }).check()
  await expect(page.getByRole('definition').filter({ hasText: /^1 archive$/ })).toBeVisible()
  await page.getByRole('button', { name: 'Prune now…' }).click()
  await expect(dialog).toContainText('1 archive in the trash')
  await dialog.getByRole('button', { name: 'Take away for good' }).click()
  await expect(page.getByText('The trash is empty.', { exact: false })).toBeVisible({ timeout: 60_000 })
  const left = JSON.parse((await bench.run('archives', '--json')).stdout) as unknown[]
  expect(left).toHaveLength(1)
})
