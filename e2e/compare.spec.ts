import { readFileSync, writeFileSync } from 'node:fs'
import { advanceDay } from '../test/builders/sample-workspace.ts'
import { expect, expectAccessibleEverywhere, test } from './console.ts'

test('two archives and live are compared by records and as text, from the list and by address, and a break is found', async ({
  page,
  bench,
  console: running,
}) => {
  await bench.run('backup')
  advanceDay(bench.workspace)
  await bench.run('backup')
  const state = JSON.parse(readFileSync(bench.workspace.statePath, 'utf8'))
  const [task] = state.taskExecutions
  writeFileSync(bench.workspace.statePath, JSON.stringify({ ...state, taskExecutions: [{ ...task, status: 'failed' }] }, null, 2))

  await page.goto(running.url)
  await page.getByRole('link', { name: 'Compare', exact: true }).first().click()
  await expect(page.getByText(/^From A to B: 1 entry changed/)).toBeVisible()
  await page.getByRole('tab', { name: /taskExecutions/ }).click()
  await page.getByRole('button', { name: new RegExp(`changed ${task.taskId}`) }).click()
  const inspector = page.getByRole('complementary', { name: 'Record' })
  await expect(inspector.getByRole('row', { name: /^status/ })).toContainText('failed')
  await expect(inspector.locator('.cm-content')).toBeVisible()
  await expect(page).toHaveURL(/list=taskExecutions/)
  await expectAccessibleEverywhere(page)

  await page.getByRole('button', { name: 'Text', exact: true }).click()
  await expect(page.locator('.merge .cm-content')).toContainText('failed')
  await page.getByRole('button', { name: 'Swap A and B' }).click()
  await expect(page).toHaveURL(/a=live/)
  await expect(page.locator('.merge .cm-changedLine').first()).toBeVisible()

  // Back to where it began: a reload of the address shows the same.
  await page.reload()
  await expect(page.getByLabel('Side A')).toHaveValue('live')

  await page.getByRole('link', { name: 'Archives', exact: true }).first().click()
  await page.getByRole('table').getByRole('button').first().click()
  await page.getByRole('link', { name: 'With the one before' }).click()
  await expect(page.getByText(/^From A to B: \d+ \S+ added/)).toBeVisible()

  await bench.run('backup')
  await page.getByRole('link', { name: 'Archives', exact: true }).first().click()
  // Any rows of the list: one with live, two with each other, by mouse or keys.
  const ticks = page.getByRole('checkbox', { name: /^Select / })
  const bar = page.getByRole('region', { name: 'Selected archives' })
  await ticks.nth(2).check()
  await expect(bar.getByRole('button', { name: 'Compare with live' })).toBeEnabled()
  await page.keyboard.press('j')
  await expect(page.getByRole('table').getByRole('button').first()).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('x')
  await expect(bar).toContainText('2 archives selected')
  await page.keyboard.press('Escape')
  await expect(page).not.toHaveURL(/sel=/)
  await ticks.nth(1).check()
  await expect(bar.getByRole('button', { name: 'Compare the two' })).toBeDisabled()
  await ticks.nth(1).uncheck()
  await expectAccessibleEverywhere(page)
  await bar.getByRole('button', { name: 'Compare the two' }).click()
  await expect(page.getByText(/^From A to B: \d+ \S+ added/)).toBeVisible()
  const [newest] = (await bench.run('archives', '--json')).json as { id: string }[]
  await expect(page.getByLabel('Side B')).toHaveValue(newest!.id)
  await page.getByRole('link', { name: 'Archives', exact: true }).first().click()
  await page.getByRole('table').getByRole('button').first().click()
  await page.getByRole('link', { name: 'Browse' }).click()
  await expect(page).toHaveURL(/\/browse/)
  await page.getByText('orchestrator_state.json').first().click()
  await page.getByText('Find when it broke').click()
  await page.getByLabel(/What has to hold/).fill('/taskExecutions/length > 1')
  await page.getByRole('button', { name: 'Find the change' }).click()
  await expect(page.getByText(/^It broke between/)).toBeVisible()
  await expectAccessibleEverywhere(page)
  await page.getByRole('link', { name: 'Compare the two' }).click()
  await expect(page.getByRole('tab', { name: /taskExecutions/ })).toBeVisible()
})
