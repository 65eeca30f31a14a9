import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startConsole } from '../test/builders/start-console.ts'
import { expect, expectAccessible, signIn, test } from './console.ts'

test('a backup shows its progress, outlives a restarted console, and is picked up again', async ({ page, bench }) => {
  writeFileSync(join(bench.workspace.logsDir, 'big.log'), Buffer.alloc(900_000_000, 'a line of a log that is long enough to matter\n'))
  const first = await startConsole({ home: bench.home })
  await first.signUp()
  await signIn(page, first.url)
  await page.getByRole('button', { name: 'Back up now' }).first().click()
  await expect(page.getByRole('progressbar').first()).toBeVisible()
  await page.goto('about:blank')
  await first.stop()

  const second = await startConsole({ home: bench.home })
  // The session is in the database: it outlives the console, too.
  await page.goto(second.url)
  await page.getByRole('link', { name: 'Jobs', exact: true }).first().click()
  await page.getByRole('link', { name: 'Back up sample' }).first().click()
  await expect(page.getByText(/^Complete/).first()).toBeVisible({ timeout: 60_000 })
  await expectAccessible(page)
  expect((await bench.run('verify', '--level', 'bytes')).code).toBe(0)
  await page.goto('about:blank')
  await second.stop()
})

test('a cancelled backup lists nothing and says so', async ({ page, bench, console: running }) => {
  writeFileSync(join(bench.workspace.logsDir, 'big.log'), Buffer.alloc(900_000_000, 'another line of a log that is long enough\n'))
  await page.goto(running.url)
  await page.getByRole('button', { name: 'Back up now' }).first().click()
  await page.getByRole('link', { name: 'Jobs', exact: true }).first().click()
  await page.getByRole('link', { name: 'Back up sample' }).first().click()
  await page.getByRole('button', { name: 'Cancel job' }).first().click()
  await expect(page.getByText('Cancelled').first()).toBeVisible()
  await expect(page.getByText('Nothing was listed', { exact: false }).first()).toBeVisible()
  expect((await bench.run('archives', '--json')).stdout.trim()).toBe('[]')
})
