import { ADMIN, startConsole } from '../test/builders/start-console.ts'
import { totp } from '../test/builders/totp.ts'
import { expect, expectAccessible, expectAccessibleEverywhere, test } from './console.ts'

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
  await expectAccessibleEverywhere(page)
  const secret = (await form.locator('code').textContent())!
  const [recovery] = await form.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allTextContents()
  await form.getByLabel('Enter the code that the app shows').fill(totp(secret))
  await form.getByRole('button', { name: 'Turn on' }).click()
  await expect(page.getByText('A code is asked for from the next sign-in on.')).toBeVisible()

  const enter = async (email: string, password: string) => {
    await page.context().clearCookies()
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
  // Half a minute later: the code that set it up was used.
  const used = await post('/two-factor/verify-totp', { code: totp(secret) })
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
  expect(told.filter((action) => action === 'person.sign-in').length).toBe(4)
  expect(told).toContain('person.two-step-begin')

  await page.goto(`${running.url}/settings/people`)
  await page.getByRole('button', { name: `Change ${ADMIN.name}` }).click()
  await page.getByRole('button', { name: 'Take second step away' }).click()
  // It signs out everywhere, here too.
  await enter(ADMIN.email, ADMIN.password)
  await page.waitForURL((address) => !address.pathname.startsWith('/sign-in'))
})
