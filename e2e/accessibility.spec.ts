import { makeBench } from '../test/builders/run-orchive.ts'
import { startConsole } from '../test/builders/start-console.ts'
import { expect, expectAccessibleEverywhere, test } from './console.ts'

test('sign-in, set-up and unknown addresses are accessible in both themes and on a phone', async ({ page }) => {
  const bench = await makeBench({ isRegistered: false })
  const running = await startConsole({ home: bench.home })
  await page.goto(`${running.url}/set-up`)
  await expect(page.getByRole('heading', { name: 'Create the first admin' })).toBeVisible()
  await expectAccessibleEverywhere(page)
  await running.signUp()
  await page.goto(`${running.url}/sign-in`)
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await expectAccessibleEverywhere(page)
  await page.goto('about:blank')
  await running.stop()
  bench.remove()
})

test('every page of the console is accessible in both themes and on a phone', async ({ page, bench, console: running }) => {
  await bench.run('backup')
  await bench.run('verify', 'latest')
  await bench.run('hold', 'latest', '--reason', 'To see a held one')
  const [workspace] = (await (await page.request.get(`${running.url}/api/v1/workspaces`)).json()) as { id: string }[]
  const base = `${running.url}/w/${workspace!.id}`

  await page.goto(base)
  await expect(page.getByRole('heading', { level: 1 })).toContainText('You can restore to')
  await expect(page.getByText('Files, counted')).toBeVisible()
  await expectAccessibleEverywhere(page)

  await page.goto(`${base}/archives`)
  await page.getByRole('table').getByRole('button').first().click()
  await expect(page.getByText('Bytes match checksums')).toBeVisible()
  await expectAccessibleEverywhere(page)

  await page.getByRole('link', { name: 'Browse' }).click()
  await page.getByRole('treeitem').filter({ hasText: 'orchestrator_config.json' }).click()
  await expect(page.locator('.cm-content')).toBeVisible()
  await expectAccessibleEverywhere(page)

  await page.goto(`${base}/restore`)
  await page.getByText('In place', { exact: true }).click()
  await page.getByRole('button', { name: 'Plan restore' }).click()
  await expect(page.getByRole('heading', { name: 'What changes' })).toBeVisible()
  await expectAccessibleEverywhere(page)

  await page.goto(`${base}/jobs`)
  await expect(page.getByRole('link', { name: 'Back up sample' }).first()).toBeVisible()
  await expectAccessibleEverywhere(page)
  await page.getByRole('table').getByRole('link', { name: 'Back up sample' }).click()
  await expect(page.getByRole('heading', { name: 'Log' })).toBeVisible()
  await expectAccessibleEverywhere(page)

  await page.goto(`${running.url}/settings/workspaces`)
  await page.getByRole('button', { name: 'Show paths and items' }).click()
  await expect(page.getByText('Knowledge packs').first()).toBeVisible()
  await expectAccessibleEverywhere(page)

  await page.goto(`${running.url}/settings/workspaces/new`)
  await page.getByLabel('Root folder').fill(bench.workspace.root)
  await page.getByRole('button', { name: 'Show what it holds' }).click()
  await expect(page.getByText('State file').first()).toBeVisible()
  await expectAccessibleEverywhere(page)

  // The browser itself logs the 404 of a page as an error; only its status is changed here.
  await page.route('**/w/nowhere/archives', async (route) => route.fulfill({ response: await route.fetch(), status: 200 }))
  await page.goto(`${running.url}/w/nowhere/archives`)
  await expect(page.getByRole('heading', { name: 'Nothing is at this address' })).toBeVisible()
  await expectAccessibleEverywhere(page)
})
