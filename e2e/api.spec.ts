import { execFileSync } from 'node:child_process'
import { createClient } from '../lib/client/api.ts'
import { expect, expectAccessible, test } from './console.ts'

test('the API answers, refuses traversal and forged mutations, and describes itself', async ({ page, bench, console: running }) => {
  await bench.run('backup')
  const get = async (path: string) => page.request.get(`${running.url}/api/v1${path}`)
  const [workspace] = (await (await get('/workspaces')).json()) as { id: string }[]
  const { rows } = (await (await get(`/workspaces/${workspace!.id}/archives`)).json()) as { rows: { id: string }[] }
  const archive = rows[0]!.id

  const folder = (await (await get(`/archives/${archive}/entries`)).json()) as { rows: { path: string }[] }
  expect(folder.rows.map(({ path }) => path)).toContain('orchestrator_state.json')
  const preview = (await (await get(`/archives/${archive}/preview?path=orchestrator_config.json`)).json()) as {
    text: string
    maskedSecrets: number
  }
  expect(preview.maskedSecrets).toBeGreaterThan(0)
  expect(preview.text).toContain('••••')

  for (const path of ['../../etc/passwd', '/etc/passwd', '..', 'logs/../../x']) {
    expect((await get(`/archives/${archive}/preview?path=${encodeURIComponent(path)}`)).status()).toBe(404)
    expect((await get(`/archives/${archive}/download?path=${encodeURIComponent(path)}`)).status()).toBe(404)
  }
  expect((await get('/archives/arc_nonsense')).status()).toBe(400)
  expect((await get(`/archives/${archive}/entries?cursor=garbage`)).status()).toBe(400)
  const forged = await page.request.post(`${running.url}/api/v1/restore-plans`, {
    headers: { origin: 'https://elsewhere.test' },
    data: { archiveId: archive, target: null },
  })
  expect(forged.status()).toBe(403)

  const document = (await (await get('/openapi.json')).json()) as { openapi: string; paths: Record<string, unknown> }
  expect(document.openapi).toBe('3.1.0')
  expect(Object.keys(document.paths)).toContain('/archives/{archive}/entries')

  const listed = await get(`/archives/${archive}/entries`)
  expect(listed.headers()).toMatchObject({ 'x-frame-options': 'DENY', 'cache-control': 'no-store', vary: 'Accept-Encoding' })
  expect(await (await get('/nothing')).json()).toMatchObject({ code: 'path_unknown', message: 'There is no GET /api/v1/nothing.' })
  const large = await page.request.post(`${running.url}/api/v1/restore-plans`, {
    data: { archiveId: archive, target: 'x'.repeat(1_000_001) },
  })
  expect(await large.json()).toMatchObject({ code: 'invalid_input', message: 'The request body is larger than 1 MB.' })

  const page1 = await page.request.get(`${running.url}/sign-in`)
  expect(page1.headers()['content-security-policy']).toMatch(/script-src 'self' 'nonce-/)
  expect(page1.headers()['x-frame-options']).toBe('DENY')

  const [script] = /\/_next\/static\/[^"]+\.js/.exec(await page1.text())!
  const file = await page.request.get(`${running.url}${script}`, { headers: { 'accept-encoding': 'br' } })
  expect(file.headers()).toMatchObject({
    'content-encoding': 'br',
    'content-type': 'text/javascript',
    'cache-control': expect.stringContaining('immutable'),
    'x-content-type-options': 'nosniff',
  })
  for (const path of ['%2e%2e/%2e%2e/package.json', '..%2f..%2fpackage.json', 'nothing.js']) {
    expect((await page.request.get(`${running.url}/_next/static/${path}`)).status()).toBe(404)
  }
  const health = await page.request.head(`${running.url}/healthz`)
  expect([health.status(), health.headers()['x-frame-options']]).toEqual([200, 'DENY'])
  expect((await (await page.request.get(`${running.url}/readyz`)).json()) as object).toMatchObject({ status: 'ready' })
})

test('a program reaches everything with a token and the typed client, and a page tells it what there is', async ({
  page,
  bench,
  console: running,
}) => {
  await bench.run('backup')
  const made = await page.request.post(`${running.url}/api/v1/account/tokens`, {
    data: { name: 'a program', scope: ['list', 'back-up'], days: 30, workspaceIds: null },
  })
  expect(made.status(), await made.text()).toBe(200)
  const { token } = (await made.json()) as { token: string }
  const orchive = createClient({ address: running.url, token })
  const [workspace] = await orchive('listWorkspaces', {})
  expect((await orchive('listArchives', { workspace: workspace!.id, limit: 10 })).rows).toHaveLength(1)
  const start = () => orchive('startBackup', { workspace: workspace!.id }, { idempotencyKey: 'nightly-1' })
  expect(await start()).toEqual(await start())
  await expect(orchive('startPrune', { graceDays: 0 })).rejects.toMatchObject({ code: 'not_permitted', status: 403 })

  // As another program would have it: the bundle, by the package's name.
  const script = `import { createClient } from 'orchive/client'
    const orchive = createClient({ address: process.argv[1], token: process.argv[2] })
    process.stdout.write(String((await orchive('listWorkspaces', {})).length))`
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', script, running.url, token], { encoding: 'utf8' })
  expect(told).toBe('1')

  await page.goto(`${running.url}/settings/api`)
  await page.getByRole('searchbox', { name: 'Filter endpoints' }).fill('approves exactly')
  await expect(page.getByRole('navigation', { name: 'Endpoints' }).getByRole('link')).toHaveText(['approveProposal'])
  await page.getByRole('link', { name: 'approveProposal' }).click()
  const part = page.locator('#approveProposal')
  await expect(part).toContainText('Takes the right “approve”: lead, admin.')
  await expect(part.getByRole('region')).toContainText('/proposals/P-9999/approval')
  await part.getByRole('link', { name: 'Error' }).click()
  await expect(page.locator('#shape-Error')).toHaveAttribute('open', '')
  // One endpoint and one shape, which are as all others: there are hundreds.
  await expectAccessible(page, 'all', ['nav.apii', 'section[aria-labelledby=api-start]', '#approveProposal', '#shape-Error'])
})
