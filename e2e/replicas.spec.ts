import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, expectAccessibleEverywhere, test } from './console.ts'

test('a replica is set up from the Overview, filled, watched, and tells when somebody deletes from it', async ({
  page,
  bench,
  console: running,
}) => {
  const place = join(bench.folder, 'second disk')
  await bench.run('backup')
  await page.goto(running.url)
  await page.getByRole('link', { name: 'Set up a replica' }).click()
  const form = page.getByRole('form', { name: 'New replica' })
  await form.getByLabel('Name').fill('disk two')
  await form.getByLabel('Folder on this host').fill(join(bench.home, 'repository'))
  await form.getByRole('button', { name: 'Save replica' }).click()
  await expect(form.getByRole('alert')).toContainText('is the repository itself')
  await form.getByLabel('Folder on this host').fill(place)
  await form.getByRole('button', { name: 'Test the place' }).click()
  await expect(form.getByText(/second disk works\./)).toBeVisible()
  await expectAccessibleEverywhere(page)
  await form.getByLabel('Kind of place').selectOption('s3')
  await form.getByLabel('Undeletable for a time').selectOption('compliance')
  await expect(form.getByLabel('Locked for days')).toHaveValue('30')
  // What nobody can reach is not added unless somebody means it.
  await form.getByLabel('Address of the store').fill('http://127.0.0.1:9')
  await form.getByLabel(/^Send everything unencrypted/).check()
  await form.getByLabel('Bucket', { exact: true }).fill('nowhere')
  await form.getByLabel('Access key').fill('A')
  await form.getByLabel('Secret key').fill('B')
  await form.getByRole('button', { name: 'Save replica' }).click()
  await expect(form.getByRole('alert')).toContainText('Nothing was added: s3://nowhere at 127.0.0.1:9')
  await expect(form.getByLabel(/^Save it without trying/)).not.toBeChecked()
  await expectAccessibleEverywhere(page)
  await form.getByLabel('Kind of place').selectOption('folder')
  await form.getByLabel(/^Make files immutable/).uncheck()
  await form.getByRole('button', { name: 'Save replica' }).click()

  const row = page.getByRole('article', { name: 'disk two' })
  await row.getByRole('button', { name: 'Sync now' }).click()
  await expect(row.getByText('Up to date')).toBeVisible({ timeout: 60_000 })
  await expect(row.getByText(/1 archive; .* there; the newest of/)).toBeVisible()
  await expectAccessibleEverywhere(page)

  await page.getByRole('link', { name: 'Archives', exact: true }).click()
  await page.getByRole('table').getByRole('button').first().click()
  await expect(page.getByText('here, 1 of 1 at other places')).toBeVisible()
  await page.getByRole('link', { name: 'Evidence', exact: true }).click()
  await expect(page.getByRole('cell', { name: 'disk two' })).toBeVisible()

  const packs = join(place, 'packs')
  const [pack] = readdirSync(packs, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pack'))
  rmSync(join(packs, pack!))
  await page.getByRole('link', { name: 'Replicas', exact: true }).first().click()
  await row.getByRole('button', { name: 'Sync now' }).click()
  await expect(row.getByText('Somebody changed it')).toBeVisible({ timeout: 60_000 })
  await page.getByRole('link', { name: 'Overview', exact: true }).click()
  await page.getByRole('link', { name: 'See the replicas' }).click()
  await expectAccessibleEverywhere(page)
  await row.getByLabel('What it was').fill('me, for a test')
  await row.getByRole('button', { name: 'Acknowledge' }).click()
  await expect(row.getByText('Up to date')).toBeVisible()
  await row.getByRole('button', { name: 'Check everything' }).click()
  await expect(row.getByText('Up to date')).toBeVisible({ timeout: 60_000 })
  await row.getByRole('button', { name: 'Remove' }).click()
  await row.getByRole('button', { name: 'Forget disk two' }).click()
  await expect(page.getByText('There is none yet.')).toBeVisible()
})
