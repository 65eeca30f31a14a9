import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { basename } from 'node:path'
import type { Page } from '@playwright/test'
import { makeBench } from '../test/builders/run-orchive.ts'
import { ADMIN, startConsole } from '../test/builders/start-console.ts'
import { expect, expectAccessible, test } from './console.ts'

test('a newcomer creates the admin with the printed token, adds a workspace into an encrypted repository, backs it up, sees the archive and keeps the keys', async ({
  page,
}) => {
  const bench = await makeBench({ isRegistered: false })
  const running = await startConsole({ home: bench.home })
  expect(running.setupToken).not.toBeNull()

  await page.goto(`${running.url}/`)
  await expect(page).toHaveURL(/\/set-up$/)
  await page.goto('about:blank')
  await page.goto(`${running.url}/set-up#token=${running.setupToken}`)
  await expect(page.getByLabel('Set-up token')).toHaveValue(running.setupToken!)
  await page.getByLabel('Name').fill(ADMIN.name)
  await page.getByLabel('E-mail').fill(ADMIN.email)
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password)
  await page.getByRole('button', { name: 'Create admin' }).click()

  await expect(page).toHaveURL(/\/settings\/workspaces\/new$/)
  await page.getByLabel('Root folder').fill(bench.workspace.root)
  await page.getByLabel('Name', { exact: true }).fill('first')
  await page.getByRole('button', { name: 'Show what it holds' }).click()
  await expect(page.getByText('State file').first()).toBeVisible()
  await expect(page.getByText('Knowledge packs').first()).toBeVisible()
  await page.getByRole('radio', { name: /^Encrypted/ }).check()
  await page.getByRole('button', { name: 'Add workspace' }).click()
  await expect(page.getByRole('heading', { name: 'Recovery key' })).toBeVisible()
  await expect(page.getByText(/^orchive-key-1 /)).toBeVisible()
  await expectAccessible(page)
  await expect(page.getByRole('button', { name: 'Go on' })).toBeDisabled()
  await page.getByRole('checkbox', { name: /on paper/ }).check()
  await page.getByRole('button', { name: 'Go on' }).click()

  await expect(page).toHaveURL(/\/w\/ws_[0-9a-f]+$/)
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Nothing here can be restored yet')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Back up now' }).first().click()
  await expect(page.getByRole('heading', { level: 1 })).not.toContainText('Nothing here can be restored yet')

  await page.getByRole('link', { name: 'Archives', exact: true }).first().click()
  await expect(page.getByText('1 in all')).toBeVisible()

  // The years before: what the stock backup script left.
  const stage = `${bench.folder}/20260501_020000`
  cpSync(bench.workspace.configPath, `${stage}/orchestrator_config.json`)
  cpSync(bench.workspace.packsDir, `${stage}/${basename(bench.workspace.packsDir)}`, { recursive: true })
  const old = `${bench.folder}/orchestrator-20260501_020000.tar.gz`
  execFileSync('tar', ['-czf', old, '-C', bench.folder, '20260501_020000'])
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Import archives' })
  await dialog.getByRole('textbox').fill(`${bench.folder}/nothing-here`)
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(page.getByText('There is nothing at').first()).toBeVisible()
  await page.getByRole('link', { name: 'Archives', exact: true }).first().click()
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await dialog.getByRole('textbox').fill(old)
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(page.getByRole('row', { name: /orchestrator-20260501/ })).toContainText('stateFile')
  await expectAccessible(page)
  await page.getByRole('link', { name: /^arc_/ }).click()
  await expect(page.getByText('2 in all')).toBeVisible()
  await expect(page.getByText('State file is not in the file.')).toBeVisible()

  await keepKeys(page, running.url)
  await page.goto('about:blank')
  await running.stop()
  bench.remove()
})

/** Who can open the repository is seen and changed; a sheet gets a key of its own, which is revoked again. */
async function keepKeys(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/settings/repository`)
  await expect(page.getByRole('article')).toHaveCount(2)
  await page.getByRole('button', { name: 'Add a passphrase' }).click()
  const form = page.getByRole('form', { name: 'Add a passphrase' })
  await form.getByLabel(/^What people call it/).fill('the team')
  await form.getByLabel('New passphrase').fill('a horse that is correct')
  await form.getByLabel('Once more').fill('a horse that is correct')
  await form.getByRole('button', { name: 'Add passphrase' }).click()
  await page.getByRole('button', { name: 'Rename the team' }).click()
  await page.getByLabel('Called').fill('the night shift')
  await page.getByRole('button', { name: 'Rename', exact: true }).last().click()
  await expect(page.getByRole('article', { name: 'the night shift' })).toContainText('Passphrase')
  await expectAccessible(page)

  await page.getByRole('link', { name: 'Evidence' }).first().click()
  await page.getByRole('link', { name: 'Recovery sheet' }).first().click()
  await page.getByRole('button', { name: 'Put a key on this sheet' }).click()
  await page.getByRole('button', { name: 'Make a key and show it here' }).click()
  await expect(page.getByText(/^orchive-key-1 /)).toBeVisible()
  await expect(page.getByText('export ORCHIVE_RECOVERY_KEY_FILE')).toBeVisible()
  await expectAccessible(page)
  await page.goto(`${url}/settings/repository`)
  await page.getByRole('button', { name: /^Revoke recovery sheet of/ }).click()
  await page
    .getByRole('button', { name: /^Revoke recovery sheet of/ })
    .last()
    .click()
  await expect(page.getByRole('article')).toHaveCount(3)
}

test('a used token and a wrong password are refused in words, and nobody sees anything without signing in', async ({
  page,
  console: running,
}) => {
  await page.context().clearCookies()
  const refused = await page.request.post(`${running.url}/api/v1/set-up`, {
    data: { token: running.setupToken, name: 'x', email: 'x@example.test', password: 'x'.repeat(12) },
  })
  expect(refused.status()).toBe(403)
  await page.goto(`${running.url}/sign-in`)
  await page.getByLabel('E-mail').fill(ADMIN.email)
  await page.getByLabel('Password', { exact: true }).fill('not the password')
  // The browser itself writes a line about the refused request; the page says it in words.
  const answer = await page.request.post(`${running.url}/api/auth/sign-in/email`, {
    data: { email: ADMIN.email, password: 'nope' },
    headers: { origin: running.url },
  })
  expect(answer.status()).toBe(401)
  for (const path of ['/workspaces', '/jobs', '/repository', '/openapi.json']) {
    const answer = await page.request.get(`${running.url}/api/v1${path}`)
    expect(answer.status()).toBe(401)
    expect(await answer.json()).toMatchObject({ type: 'error', code: 'not_signed_in' })
  }
  await page.goto(`${running.url}/`)
  await expect(page).toHaveURL(/\/sign-in$/)
  // An address that a colleague sent is where one is once one has signed in.
  await page.goto(`${running.url}/settings/audit?who=nobody`)
  await expect(page).toHaveURL(/\/sign-in\?again=/)
  await page.getByLabel('E-mail').fill(ADMIN.email)
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL(/\/settings\/audit\?who=nobody$/)
})
