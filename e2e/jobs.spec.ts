import { holdRepository } from '../test/builders/hold-repository.ts'
import { startConsole } from '../test/builders/start-console.ts'
import { expect, signUp, test } from './console.ts'

test('a backup shows its progress, outlives a restarted console, and is picked up again; a cancelled one lists nothing and says so', async ({
  page,
  bench,
}) => {
  // Another writer has the repository: a backup lasts until that one lets go.
  const writer = await holdRepository(`${bench.home}/repository`)
  const first = await startConsole({ home: bench.home })
  await signUp(page, first)
  await page.goto(first.url)
  await page.getByRole('button', { name: 'Back up now' }).first().click()
  await expect(page.getByRole('progressbar').first()).toBeVisible()
  await page.goto('about:blank')
  await first.stop()

  const second = await startConsole({ home: bench.home })
  // The session is in the database: it outlives the console, too.
  await page.goto(second.url)
  await page.getByRole('link', { name: 'Jobs', exact: true }).first().click()
  await page.getByRole('link', { name: 'Back up sample' }).first().click()
  await expect(page.getByRole('progressbar').first()).toBeVisible()
  await writer.release()
  await expect(page.getByText(/^Complete/).first()).toBeVisible()
  expect((await bench.run('verify', '--level', 'bytes')).code).toBe(0)

  const another = await holdRepository(`${bench.home}/repository`)
  await page.goto(second.url)
  await page.getByRole('button', { name: 'Back up now' }).first().click()
  const bar = page.getByRole('region', { name: 'Jobs', exact: true })
  await expect(bar.getByRole('button', { name: 'Stop Back up sample' })).toBeVisible()
  await bar.getByRole('link', { name: 'Back up sample' }).click()
  await page.getByRole('button', { name: 'Cancel job' }).first().click()
  await expect(page.getByText('Cancelled').first()).toBeVisible()
  await expect(page.getByText('Nothing was listed', { exact: false }).first()).toBeVisible()
  await another.release()

  await page.goto(`${page.url().split('/jobs/')[0]}/jobs`)
  const rows = page.getByRole('table').getByRole('link', { name: 'Back up sample' })
  await expect(rows).toHaveCount(2)
  await page.getByLabel('Result').selectOption('cancelled')
  await expect(rows).toHaveCount(1)
  await page.getByLabel('Kind').selectOption('restore')
  await expect(page.getByText('No job is of that kind and ended so.')).toBeVisible()
  await page.getByRole('button', { name: 'Show all' }).click()
  await expect(rows).toHaveCount(2)
  expect((await bench.run('archives', '--json')).json as unknown[]).toHaveLength(1)
  await page.goto('about:blank')
  await second.stop()
})
