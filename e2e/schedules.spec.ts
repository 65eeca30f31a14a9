import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { makeBench } from '../test/builders/run-orchive.ts'
import { startConsole } from '../test/builders/start-console.ts'
import { expect, expectAccessible, expectAccessibleEverywhere, signIn, signUp, test } from './console.ts'

test('schedules are set with previews, somebody is told, and monitoring reads the figures', async ({ page }) => {
  const bench = await makeBench({ packs: 3, logs: 1 })
  const received: { signature: unknown; body: string }[] = []
  const receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      received.push({ signature: request.headers['x-orchive-signature'], body })
      response.end()
    })
  })
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
  const hook = `http://127.0.0.1:${(receiver.address() as { port: number }).port}/hook/T0KEN`
  const running = await startConsole({ home: bench.home, env: { ORCHIVE_NOTIFY_ALLOW: '127.0.0.1' } })
  await signUp(page, running)

  await page.goto(`${running.url}/settings/workspaces`)
  await page.getByRole('link', { name: 'Schedules', exact: true }).click()
  const form = page.getByRole('form', { name: 'Schedules of sample' })
  const backup = form.getByLabel(/^Back up/)
  await form.getByLabel('Time zone of all three').fill('Mars/Olympus')
  await expect(form.getByText('There is no time zone “Mars/Olympus”.').first()).toBeVisible()
  await form.getByLabel('Time zone of all three').fill('Europe/Berlin')
  await backup.fill('0 2 30 2 *')
  await expect(form.getByText('The schedule “0 2 30 2 *” never comes due.')).toBeVisible()
  await form.getByRole('button', { name: 'Save schedules of sample' }).click()
  await expect(form.getByRole('alert')).toContainText('never comes due')
  await backup.fill('30 1 * * *')
  await expect(form.getByText(/01:30 (CET|CEST|GMT\+[12])$/)).toHaveCount(3)
  await form.getByLabel(/^Drill the newest/).fill('')
  await form.getByLabel('Retries of a failed backup').fill('5')
  await form.getByRole('checkbox').check()
  await form.getByRole('button', { name: 'Show the equivalent command' }).click()
  await expect(page.getByText(/orchive schedule set sample --zone Europe\/Berlin --backup '30 1/)).toBeVisible()
  await page.keyboard.press('Escape')
  await form.getByRole('button', { name: 'Save schedules of sample' }).click()
  await expect(form.getByRole('button', { name: 'Save schedules of sample' })).toBeDisabled()
  const saved = (await bench.run('schedule', 'show', '--json')).json as object
  expect(saved).toMatchObject({
    schedule: '30 1 * * *',
    timeZone: 'Europe/Berlin',
    retries: 5,
    skipUnchanged: true,
    proofs: { drillSchedule: null },
  })
  await expectAccessibleEverywhere(page)

  await page.getByRole('link', { name: 'Notifications', exact: true }).click()
  await expect(page.getByText('Nobody is told anything.')).toBeVisible()
  await page.getByRole('button', { name: 'Add channel' }).click()
  const channel = page.getByRole('form', { name: 'New channel' })
  await channel.getByLabel('Name').fill('pager')
  await channel.getByLabel('Kind').selectOption('webhook')
  await channel.getByLabel('Address').fill(hook)
  await channel.getByLabel(/^Signing key/).fill('a key of some length')
  await channel.getByLabel('Told').selectOption('info')
  await channel.getByRole('checkbox', { name: /^Quiet hours/ }).check()
  await expectAccessibleEverywhere(page)
  await channel.getByRole('checkbox', { name: /^Quiet hours/ }).uncheck()
  await channel.getByRole('button', { name: 'Save channel' }).click()
  const row = page.getByRole('article', { name: 'pager' })
  await expect(row).toContainText('http://127.0.0.1')
  await expect(page.locator('main')).not.toContainText('T0KEN')
  await row.getByRole('button', { name: 'Send a test' }).click()
  await expect(row.getByRole('status')).toContainText('The test was sent')
  expect(received).toHaveLength(1)
  expect(received[0]!.signature).toMatch(/^v1=[0-9a-f]{64}$/)
  await new Promise<void>((done) => {
    receiver.close(() => done())
    receiver.closeAllConnections()
  })
  await row.getByRole('button', { name: 'Send a test' }).click()
  await expect(row.getByRole('status')).toContainText('ECONNREFUSED')
  await expectAccessible(page)

  const token = readFileSync(join(bench.home, 'metrics-token'), 'utf8').trim()
  const metrics = (headers: Record<string, string>, query = '') => fetch(`${running.url}/metrics${query}`, { headers })
  expect(await (await metrics({ authorization: `Bearer ${token}` })).text()).toContain('orchive_backup_scheduled{workspace="sample"} 1')
  expect((await metrics({})).status).toBe(401)
  expect((await metrics({ authorization: 'Bearer wrong' })).status).toBe(401)
  expect((await metrics({}, `?token=${token}`)).status).toBe(400)
  expect((await fetch(`${running.url}/healthz`)).status).toBe(200)
  const ready = await fetch(`${running.url}/readyz`)
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', checks: { database: 'ok', schedules: 'ok' } }])

  // The host's own cron was to run it, and two days later it has not: an alarm of its own.
  await bench.run('backup')
  await bench.run('schedule', 'set', '--run-by', 'host')
  await page.goto('about:blank')
  await running.stop()
  const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString()
  const env = { ORCHIVE_NOTIFY_ALLOW: '127.0.0.1', ORCHIVE_TEST: '1', ORCHIVE_NOW: inTwoDays }
  const late = await startConsole({ home: bench.home, env })
  await page.context().clearCookies()
  await signIn(page, late)
  await page.goto(late.url)
  await expect(page.getByText(/^A backup is overdue by /).first()).toBeVisible()
  await page.goto(`${late.url}/settings/schedules`)
  await expect(page.getByRole('status').filter({ hasText: 'A backup is overdue by' })).toBeVisible()
  const told = async () => ((await bench.run('notify', 'list', '--json')).json as { deliveries: { event: { type: string } }[] }).deliveries
  await expect.poll(async () => (await told()).map(({ event }) => event.type)).toContain('overdue')
  const figures = await (await fetch(`${late.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text()
  expect(figures).toMatch(/orchive_backup_overdue_seconds\{workspace="sample"\} [1-9]/)

  await page.goto('about:blank')
  await late.stop()
  bench.remove()
})
