import type { Page } from '@playwright/test'
import { startOpenIdProvider } from '../test/builders/openid-provider.ts'
import { ADMIN, startConsole } from '../test/builders/start-console.ts'
import { totp } from '../test/builders/totp.ts'
import { expect, expectAccessible, signUp, test } from './console.ts'

/** Statuses of wrong passwords, one after the other. */
async function guess(url: string, guesses: { email: string; from: string }[]): Promise<number[]> {
  const statuses: number[] = []
  for (const { email, from } of guesses) {
    const answer = await fetch(`${url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, 'x-forwarded-for': from },
      body: JSON.stringify({ email, password: 'a wrong password' }),
    })
    statuses.push(answer.status)
  }
  return statuses
}

/** Signs the browser out; on an empty page, since one that is shown would go on reading. */
async function forget(page: Page): Promise<void> {
  await page.goto('about:blank')
  await page.context().clearCookies()
}

const counted = (statuses: number[], status: number) => statuses.filter((one) => one === status).length

test('fifty wrong passwords from fifty made-up addresses are refused after the limit, for one account as for many', async ({ bench }) => {
  const running = await startConsole({ home: bench.home })
  await running.signUp()
  const addresses = Array.from({ length: 50 }, (_, i) => `203.0.113.${i}`)
  const one = await guess(
    running.url,
    addresses.map((from) => ({ email: ADMIN.email.toUpperCase(), from })),
  )
  expect(counted(one, 401)).toBeLessThanOrEqual(8)
  expect(new Set(one.slice(8))).toEqual(new Set([429]))
  await running.stop()

  const again = await startConsole({ home: bench.home })
  const many = await guess(
    again.url,
    addresses.map((from, i) => ({ email: `nobody-${i}@example.test`, from })),
  )
  expect(counted(many, 401)).toBe(40)
  expect(many.at(-1)).toBe(429)
  await again.stop()
})

test('behind a trusted proxy the address that it names counts, whatever the client wrote before it', async ({ bench }) => {
  const running = await startConsole({ home: bench.home, env: { ORCHIVE_TRUST_PROXY: '1' } })
  await running.signUp()
  const from = (address: string, first: number) =>
    guess(
      running.url,
      Array.from({ length: 10 }, (_, i) => ({ email: `nobody-${first + i}@example.test`, from: `203.0.113.${first + i}, ${address}` })),
    )
  expect(counted(await from('198.51.100.7', 0), 401)).toBe(8)
  expect(counted(await from('198.51.100.8', 100), 401)).toBe(8)
  await running.stop()
})

test('with two-step sign-in the password alone opens nothing, each code counts once, and a lost phone is no end', async ({
  page,
  console: running,
}) => {
  await page.goto(`${running.url}/settings/account`)
  const setUp = page.getByRole('form', { name: 'Two-step sign-in' })
  await setUp.getByLabel('Your password').fill(ADMIN.password)
  await setUp.getByRole('button', { name: 'Set up' }).click()
  const form = page.getByRole('form', { name: 'Set up two-step sign-in' })
  await expect(form.getByRole('img', { name: 'QR code for the authenticator app' })).toBeVisible()
  await expectAccessible(page)
  const secret = (await form.locator('code').textContent())!
  const [recovery] = await form.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allTextContents()
  const spent = totp(secret)
  await form.getByLabel('Enter the code that the app shows').fill(spent)
  await form.getByRole('button', { name: 'Turn on' }).click()
  await expect(page.getByText('A code is asked for from the next sign-in on.')).toBeVisible()

  const enter = async (email: string, password: string) => {
    await forget(page)
    await page.goto(`${running.url}/sign-in`)
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await enter(ADMIN.email, ADMIN.password)
  await expect(page.getByLabel('Code')).toBeFocused()
  await expectAccessible(page)
  const post = (path: string, data: unknown) =>
    page.request.post(`${running.url}/api/auth${path}`, { data, headers: { origin: running.url } })
  expect((await page.request.get(`${running.url}/api/v1/workspaces`)).status()).toBe(401)
  expect((await post('/two-factor/verify-totp', { code: '000000' })).status()).toBe(401)
  const used = await post('/two-factor/verify-totp', { code: spent })
  expect([used.status(), await used.text()]).toEqual([400, expect.stringContaining('used already')])
  await page.getByLabel('Code').fill(totp(secret, 1))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((address) => !address.pathname.startsWith('/sign-in'))

  await enter(ADMIN.email, ADMIN.password)
  await page.getByRole('button', { name: 'Use a recovery code' }).click()
  await page.getByLabel('Recovery code').fill(recovery!)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((address) => !address.pathname.startsWith('/sign-in'))

  const { rows } = (await (await page.request.get(`${running.url}/api/v1/audit?limit=20`)).json()) as { rows: { action: string }[] }
  const told = rows.map(({ action }) => action).filter((action) => action.startsWith('person.'))
  expect(told.filter((action) => action === 'person.sign-in').length).toBe(3)
  expect(told).toContain('person.two-step-begin')

  await page.goto(`${running.url}/settings/people`)
  await page.getByRole('button', { name: `Change ${ADMIN.name}` }).click()
  await page.getByRole('button', { name: 'Take second step away' }).click()
  // It signs out everywhere, here too.
  await enter(ADMIN.email, ADMIN.password)
  await page.waitForURL((address) => !address.pathname.startsWith('/sign-in'))
})

test('people come by a provider that vouches for their address: invited, linked or not at all', async ({ page, bench }) => {
  const zoe = { sub: 'zoe', email: 'zoe@example.test', email_verified: true, name: 'Zoe Zander' }
  const provider = await startOpenIdProvider(zoe)
  const running = await startConsole({ home: bench.home, env: { ORCHIVE_NOTIFY_ALLOW: '127.0.0.1' } })
  provider.allow(running.url)
  await signUp(page, running)
  const post = (path: string, data: unknown) =>
    page.request.post(`${running.url}/api/v1${path}`, { data, headers: { origin: running.url } })
  const settings = { label: 'Example Inc.', issuer: provider.issuer, clientId: provider.clientId, domains: [], newcomers: null }
  expect((await post('/sign-in-provider', settings)).status()).toBe(400)
  const elsewhere = await post('/sign-in-provider', { ...settings, clientSecret: 'x', issuer: `${provider.issuer}/nowhere` })
  expect([elsewhere.status(), await elsewhere.text()]).toEqual([500, expect.stringContaining('does not answer as an OpenID provider')])
  expect((await post('/sign-in-provider', { ...settings, clientSecret: 'x', issuer: 'http://10.0.0.1' })).status()).toBe(400)

  await page.goto(`${running.url}/settings/people`)
  await page.getByRole('button', { name: 'Set up' }).click()
  await page.getByLabel('Name on the button').fill('Example Inc.')
  await page.getByLabel('Address of the issuer').fill(provider.issuer)
  await page.getByLabel('Client id').fill(provider.clientId)
  await page.getByLabel('Client secret').fill(provider.clientSecret)
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('is on the sign-in page')).toBeVisible()
  const admin = await page.context().cookies()

  const come = async (cookies: typeof admin = []) => {
    await forget(page)
    if (cookies.length > 0) await page.context().addCookies(cookies)
    await page.goto(`${running.url}/sign-in`)
    await page.getByRole('link', { name: 'Sign in with Example Inc.' }).click()
  }
  await come()
  await expect(page.getByText('Nobody invited this address yet.')).toBeVisible()
  await expectAccessible(page)

  await page.context().addCookies(admin)
  const access = { role: 'operator', everywhere: true, workspaces: [] }
  expect((await post('/invitations', { email: 'Zoe@example.test', access })).status()).toBe(200)
  provider.signedIn = { ...zoe, email_verified: false }
  await come()
  await expect(page.getByText('does not vouch for your e-mail address')).toBeVisible()
  provider.signedIn = zoe
  await come()
  await expect(page.getByRole('link', { name: /Zoe Zander/ })).toContainText('operator')
  // The account counts, not the address that it has by now.
  provider.signedIn = { ...zoe, email: 'zoe.married@example.test' }
  await come()
  await expect(page.getByRole('link', { name: /Zoe Zander/ })).toBeVisible()
  provider.signedIn = { ...zoe, sub: 'another zoe' }
  await come()
  await expect(page.getByText('belongs to somebody else at the provider')).toBeVisible()
  provider.signedIn = { ...zoe, sub: 'ada', email: ADMIN.email, name: 'Ada at the provider' }
  await come()
  await expect(page.getByRole('link', { name: new RegExp(ADMIN.name) })).toContainText('admin')
  // Asked for once more by a page, the provider leads back to it; to nothing but a page of this console.
  const again = async (to: string) => {
    await page.goto(`${running.url}/sign-in?again=${encodeURIComponent(to)}`)
    await page.getByRole('link', { name: 'Sign in with Example Inc.' }).click()
  }
  await again('/settings/repository')
  await page.waitForURL(`${running.url}/settings/repository`)
  provider.signedIn = { ...zoe, email_verified: false, sub: 'a stranger' }
  await again('/settings/repository')
  await expect(page.getByText('does not vouch for your e-mail address')).toBeVisible()
  provider.signedIn = { ...zoe, sub: 'ada', email: ADMIN.email, name: 'Ada at the provider' }
  await page.getByRole('link', { name: 'Sign in with Example Inc.' }).click()
  await page.waitForURL(`${running.url}/settings/repository`)
  for (const elsewhere of ['//example.test', 'https://example.test', '/\\example.test', '/settings/../..//example.test']) {
    await page.goto(`${running.url}/api/auth/provider/start?again=${encodeURIComponent(elsewhere)}`)
    expect(new URL(page.url()).origin).toBe(running.url)
  }

  const { rows } = (await (await page.request.get(`${running.url}/api/v1/audit?limit=30`)).json()) as { rows: { action: string }[] }
  expect(rows.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['sign-in.provider', 'person.create', 'person.link', 'person.sign-in']),
  )
  await page.goto(`${running.url}/api/auth/provider/callback?code=stolen&state=made-up`)
  expect(new URL(page.url()).search).toBe('')
  await forget(page)
  await page.goto(`${running.url}/api/auth/provider/callback?code=stolen&state=made-up`)
  await expect(page.getByText('was begun in another browser')).toBeVisible()
  await page.close()
  await running.stop()
  await provider.stop()
})
