import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, expectAccessible, test } from './console.ts'

test('browse like a file manager, preview with secrets masked, download, lose a file and get it back with one click', async ({
  page,
  bench,
  console: running,
}) => {
  await bench.run('backup')
  await page.goto(running.url)
  await page.getByRole('link', { name: 'Archives', exact: true }).first().click()
  await page.getByRole('table').getByRole('button').first().click()
  await page.getByRole('link', { name: 'Browse' }).click()
  await expect(page).toHaveURL(/\/browse/)
  await page.getByText('orchestrator_config.json').first().click()
  await expect(page.getByText('secret masked')).toBeVisible()
  await expect(page.locator('.cm-content')).toContainText('••••')

  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download', exact: true }).first().click()
  const path = await (await download).path()
  expect(readFileSync(path)).toEqual(readFileSync(bench.workspace.configPath))

  const before = readFileSync(bench.workspace.statePath)
  rmSync(bench.workspace.statePath)
  await page.getByRole('link', { name: 'Restore', exact: true }).first().click()
  await page.getByText('In place', { exact: true }).click()
  await page.getByRole('button', { name: 'Plan restore' }).click()
  await expect(page.getByText(bench.workspace.statePath).first()).toBeVisible()
  const go = page.getByRole('button', { name: /^Replace \d+ items? in sample$/ })
  await expect(go).toBeDisabled()
  await page.getByLabel(/Type sample/).fill('sample')
  await go.click()
  await expect(page.getByText(/^Proven: the restored file/)).toBeVisible()
  expect(readFileSync(bench.workspace.statePath)).toEqual(before)
  await expectAccessible(page)
})

test('a restore to another folder writes the archive’s own paths there; a lost file comes back although the orchestrator goes on writing its state', async ({
  page,
  bench,
  console: running,
}) => {
  await bench.run('backup')
  const target = join(bench.folder, 'elsewhere')
  await page.goto(running.url)
  await page.getByRole('link', { name: 'Restore', exact: true }).first().click()
  await page.getByLabel('Folder on this host').fill(target)
  await page.getByRole('button', { name: 'Plan restore' }).click()
  await page.getByRole('button', { name: `Restore to ${target}` }).click()
  await expect(page.getByText(/^Proven: all \d+ restored files/)).toBeVisible()
  expect(readFileSync(join(target, 'orchestrator_state.json'))).toEqual(readFileSync(bench.workspace.statePath))

  const lost = readdirSync(bench.workspace.packsDir).find((name) => name.endsWith('.json'))!
  const path = join(bench.workspace.packsDir, lost)
  const before = readFileSync(path)
  rmSync(path)
  const [workspace] = (await (await page.request.get(`${running.url}/api/v1/workspaces`)).json()) as { id: string }[]
  const { rows } = (await (await page.request.get(`${running.url}/api/v1/workspaces/${workspace!.id}/archives`)).json()) as {
    rows: { id: string }[]
  }
  const query = new URLSearchParams({ archive: rows[0]!.id, path: `knowledge-packs/${lost}`, in: 'place', step: 'review' })
  await page.goto(`${running.url}/w/${workspace!.id}/restore?${query}`)
  await expect(page.getByText('Nothing: no file is replaced or moved away.')).toBeVisible()
  writeFileSync(bench.workspace.statePath, '{"tasks":[]}')
  await page.getByLabel(/Type sample/).fill('sample')
  await page.getByRole('button', { name: 'Replace 1 item in sample' }).click()
  await expect(page.getByText(/^Proven: the restored file/)).toBeVisible()
  expect(readFileSync(path)).toEqual(before)
  expect(readFileSync(bench.workspace.statePath, 'utf8')).toBe('{"tasks":[]}')
})

test('a plan that went stale says what changed and offers the fresh plan', async ({ page, bench, console: running }) => {
  await bench.run('backup')
  const { statePath } = bench.workspace
  const before = readFileSync(statePath)
  writeFileSync(statePath, '{"tasks":["one"]}')
  await page.goto(running.url)
  await page.getByRole('link', { name: 'Restore', exact: true }).first().click()
  await page.getByText('In place', { exact: true }).click()
  await page.getByRole('button', { name: 'Plan restore' }).click()
  await expect(page.getByRole('heading', { name: 'What you would lose' })).toBeVisible()
  writeFileSync(statePath, '{"tasks":["one","two"]}')
  await page.getByLabel(/Type sample/).fill('sample')
  await page.getByRole('button', { name: 'Replace 1 item in sample' }).click()

  await expect(page.getByRole('heading', { name: 'What changed since the plan you reviewed' })).toBeVisible()
  await expect(page.getByRole('listitem').filter({ hasText: statePath })).toContainText('17 B then, 23 B now')
  expect(readFileSync(statePath, 'utf8')).toBe('{"tasks":["one","two"]}')
  await expectAccessible(page)
  // The job's own page leads to a fresh plan, too.
  await page.getByRole('link', { name: 'See the job and its log' }).click()
  await page.getByRole('link', { name: 'Review a fresh plan' }).click()
  await expect(page.getByRole('heading', { name: 'What you would lose' })).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('link', { name: 'Review a fresh plan' })).toBeVisible()
  await page.goBack()
  await page.getByRole('button', { name: 'Review the fresh plan' }).click()
  await page.getByLabel(/Type sample/).fill('sample')
  await page.getByRole('button', { name: 'Replace 1 item in sample' }).click()
  await expect(page.getByText(/^Proven: the restored file/)).toBeVisible()
  expect(readFileSync(statePath)).toEqual(before)
})

test('names and contents that are markup are shown as text', async ({ page, bench, console: running }) => {
  const name = '<img src=x onerror=document.title="owned">.log'
  writeFileSync(join(bench.workspace.logsDir, name), '<script>document.title = "owned"</script>\n')
  writeFileSync(join(bench.workspace.logsDir, 'line\nbreak\u001b[31m.log'), 'x')
  await bench.run('backup', '--note', '<b onmouseover=alert(1)>note</b>')
  const [archive] = (await bench.run('archives', '--json')).json as { id: string; workspaceId: string }[]
  const logs = bench.workspace.logsDir.split('/').at(-1)!
  await page.goto(`${running.url}/w/${archive!.workspaceId}/archives?sel=${archive!.id}`)
  await expect(page.getByText('<b onmouseover=alert(1)>note</b>').first()).toBeVisible()
  await page.goto(`${running.url}/w/${archive!.workspaceId}/archives/${archive!.id}/browse?path=${encodeURIComponent(`${logs}/${name}`)}`)
  await expect(page.locator('.cm-content')).toContainText('<script>document.title = "owned"</script>')
  await expect(page.getByText(name).first()).toBeVisible()
  const { stdout } = await bench.run('ls', 'latest', logs)
  expect(stdout).toContain('line\\x0abreak\\x1b[31m.log')
  expect(stdout).not.toContain('\u001b')
  expect(await page.title()).not.toBe('owned')
  const answer = await page.request.get(
    `${running.url}/api/v1/archives/${archive!.id}/download?path=${encodeURIComponent(`${logs}/${name}`)}`,
  )
  expect(answer.headers()['content-disposition']).toContain('attachment')
  expect(answer.headers()['content-security-policy']).toContain('sandbox')
})
