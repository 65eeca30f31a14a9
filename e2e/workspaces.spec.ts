import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeBench } from '../test/builders/run-orchive.ts'
import { startConsole } from '../test/builders/start-console.ts'
import { expect, signUp, test } from './console.ts'

test('a workspace whose config holds container paths is added with a map, and its paths and items are edited later', async ({ page }) => {
  const bench = await makeBench({ isRegistered: false, shape: 'foreign', config: { reports: { dir: '/workspace/docs' } } })
  const { root, configPath, statePath } = bench.workspace
  writeFileSync(configPath, readFileSync(configPath, 'utf8').replaceAll('/workspace/', '/app/data/'))
  const running = await startConsole({ home: bench.home })
  await signUp(page, running)
  await page.goto(running.url)

  const row = (item: string) => page.getByRole('row', { name: item })
  await page.getByLabel('Root folder').fill(root)
  await page.getByLabel('Name', { exact: true }).fill('boxed')
  await page.getByRole('button', { name: 'Show what it holds' }).click()
  await expect(row('State file')).toContainText('missing')
  // What the config means is guessed, and offered; here it is typed.
  await expect(page.getByRole('button', { name: `Map /app/data to ${root}` })).toBeVisible()
  await page.getByRole('button', { name: 'Add a path map' }).click()
  await page.getByLabel('In the config').fill('/app/data')
  await page.getByLabel('On this host').fill(root)
  await expect(row('State file')).toContainText(statePath)
  await expect(row('State file')).not.toContainText('missing')
  await page.getByRole('checkbox', { name: 'digestDir' }).check()
  await page.getByLabel('Importance of digestDir').selectOption('high')
  await expect(row('Digests')).toContainText('high')
  await page.getByLabel('Another config key').fill('reports.dir')
  await page.getByRole('button', { name: 'Add this key' }).click()
  await expect(page.getByRole('cell', { name: join(root, 'docs') })).toBeVisible()
  await page.getByRole('button', { name: 'Add workspace', exact: true }).click()

  await expect(page.getByRole('heading', { level: 1 })).toContainText('Nothing here can be restored yet')
  await page.getByRole('button', { name: 'Back up now' }).first().click()
  await expect(page.getByRole('heading', { level: 1 })).not.toContainText('Nothing here can be restored yet')
  const listed = await bench.run('ls', 'latest')
  expect(listed.stdout).toContain('digests')

  await page.getByRole('link', { name: 'Settings', exact: true }).first().click()
  await page.getByRole('button', { name: 'Show paths and items' }).click()
  await expect(row('State file')).toContainText(statePath)
  await expect(page.getByRole('button', { name: 'Save paths and items' })).toBeDisabled()
  await page.getByLabel('On this host').fill(join(root, 'nowhere'))
  await expect(row('State file')).toContainText('missing')
  await page.getByRole('button', { name: 'Discard changes' }).click()
  await expect(row('State file')).not.toContainText('missing')
  await page.getByRole('checkbox', { name: 'digestDir' }).uncheck()
  await expect(row('Digests')).toHaveCount(0)
  await page.getByRole('button', { name: 'Save paths and items' }).click()
  await expect(page.getByRole('button', { name: 'Save paths and items' })).toBeDisabled()
  const [saved] = (await bench.run('workspace', 'list', '--json')).json as { maps: unknown; extraItems: { key: string }[] }[]
  expect(saved!.maps).toEqual([{ from: '/app/data', to: root }])
  expect(saved!.extraItems.map(({ key }) => key)).toEqual(['reports.dir'])
  await page.goto('about:blank')
  await running.stop()
  bench.remove()
})
