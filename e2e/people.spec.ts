import { readFileSync, rmSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { ENDPOINTS, type Endpoint } from '../lib/contracts/endpoints.ts'
import { RIGHTS_OF, ROLES, type Role, TOKEN_SCOPES } from '../lib/contracts/rights.ts'
import { sampleInput } from '../lib/contracts/sample-input.ts'
import { makeSampleWorkspace } from '../test/builders/sample-workspace.ts'
import { type RunningConsole, startConsole } from '../test/builders/start-console.ts'
import { expect, expectAccessible, expectAccessibleEverywhere, test } from './console.ts'

const TOMAS = { name: 'Tomas Lead', email: 'tomas@example.test', password: 'a password of tomas' }

test('somebody is invited, gets a role, makes a token, changes role in the middle of it, and is let out again', async ({
  page,
  browser,
  bench,
  console: running,
}) => {
  await bench.run('backup')
  await page.goto(`${running.url}/settings/people`)
  await expect(page.getByRole('article', { name: 'Ada Admin' })).toContainText('admin')
  await page.getByRole('button', { name: 'Invite somebody' }).click()
  const form = page.getByRole('form', { name: 'Invite somebody' })
  await form.getByLabel('E-mail').fill(TOMAS.email)
  await form.getByLabel('Role').selectOption('lead')
  await form.getByRole('button', { name: 'Make link' }).click()
  const link = await page.locator('code', { hasText: '/join#token=' }).textContent()
  await page.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('article', { name: `Link for ${TOMAS.email}` })).toContainText('lead everywhere')

  const theirs = await browser.newContext()
  const other = await theirs.newPage()
  await other.goto(link!)
  await expect(other.getByText(`For ${TOMAS.email}`)).toBeVisible()
  expect(other.url()).not.toContain('token')
  await expectAccessibleEverywhere(other)
  await other.getByLabel('Name').fill(TOMAS.name)
  await other.getByLabel('Password', { exact: true }).fill(TOMAS.password)
  await other.getByRole('button', { name: 'Make account' }).click()
  await expect(other.getByRole('heading', { level: 1 })).toContainText('not proven yet')
  await expect(other.getByRole('button', { name: 'Back up now' })).toBeVisible()

  // The link is spent.
  const late = await theirs.newPage()
  await late.goto(link!)
  await expect(late.getByText('was used, withdrawn, or is over')).toBeVisible()
  await late.close()

  await other.goto(`${running.url}/settings/account`)
  await other.getByRole('button', { name: 'Make token' }).click()
  const maker = other.getByRole('form', { name: 'New token' })
  await maker.getByLabel('Name').fill('report')
  await maker.getByRole('checkbox', { name: 'forget' }).check()
  await expectAccessibleEverywhere(other)
  await maker.getByRole('button', { name: 'Make token' }).click()
  const token = (await other.locator('code', { hasText: 'Bearer' }).textContent())!.replace('Authorization: Bearer ', '')
  const asToken = (path: string, data?: object, key?: string) =>
    fetch(`${running.url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...(key ? { 'idempotency-key': key } : {}) },
      ...(data ? { method: 'POST', body: JSON.stringify(data) } : {}),
    })
  const [workspace] = (await (await asToken('/workspaces')).json()) as { id: string }[]
  const { rows } = (await (await asToken(`/workspaces/${workspace!.id}/archives`)).json()) as { rows: { id: string }[] }
  const forget = `/archives/${rows[0]!.id}/forget`
  expect((await asToken(forget, { reason: 'by a program' }, 'once')).status).toBe(200)
  const again = await asToken(forget, { reason: 'by a program' }, 'once')
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true'])
  expect((await asToken(forget, { reason: 'for another reason' }, 'once')).status).toBe(422)
  expect((await asToken(forget.replace('forget', 'unforget'), { reason: 'and back' })).status).toBe(200)
  const exposed = await fetch(`${running.url}/api/v1/workspaces?token=${token}`)
  expect([exposed.status, ((await exposed.json()) as { code: string }).code]).toEqual([400, 'token_exposed'])
  await other.getByRole('button', { name: 'Done' }).click()
  await expect(other.getByRole('article', { name: 'Token report' })).toContainText('list, forget')

  // Where a second person is asked for, one asks and the other approves, on a phone.
  await page.goto(`${running.url}/settings/workspaces`)
  await page.getByRole('button', { name: 'Ask for a second person' }).click()
  await expect(page.getByText('after a second person approved the plan')).toBeVisible()
  const state = readFileSync(bench.workspace.statePath)
  rmSync(bench.workspace.statePath)
  const lost = new URLSearchParams({ archive: rows[0]!.id, path: 'orchestrator_state.json', in: 'place', step: 'review' })
  await page.goto(`${running.url}/w/${workspace!.id}/restore?${lost}`)
  await page.getByLabel('What for').fill('The state is gone')
  await page.getByText('It cannot wait for somebody else').click()
  await expect(page.getByRole('button', { name: 'Replace 1 item in sample alone' })).toBeDisabled()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Ask a lead to approve this plan' }).click()
  await expect(page.getByRole('button', { name: /^Approve, replace/ })).toBeDisabled()
  await expect(page.getByRole('button', { name: 'Take it back' })).toBeVisible()
  await other.setViewportSize({ width: 390, height: 844 })
  await other.goto(`${running.url}/w/${workspace!.id}`)
  await other.getByRole('link', { name: 'Review R-0001' }).click()
  await expect(other.getByText('“The state is gone”')).toBeVisible()
  await other.getByLabel(/Type sample/).fill('sample')
  await expectAccessibleEverywhere(other)
  await other.getByRole('button', { name: 'Approve, replace 1 item in sample' }).click()
  await expect(other.getByText(/^Proven: the restored file/)).toBeVisible()
  expect(readFileSync(bench.workspace.statePath)).toEqual(state)

  // A role that changes counts at once, in the open page and for the token.
  await page.goto(`${running.url}/settings/people`)
  await page.getByRole('button', { name: `Change ${TOMAS.name}` }).click()
  const change = page.getByRole('form', { name: `Change ${TOMAS.name}` })
  await change.getByLabel('Role').selectOption('viewer')
  await expect(change.getByRole('list', { name: 'Sessions' })).toContainText('Chrome')
  await expectAccessibleEverywhere(page)
  await change.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('article', { name: TOMAS.name })).toContainText('viewer everywhere')
  expect((await asToken(forget, { reason: 'x' })).status).toBe(403)
  await other.goto(`${running.url}/w/${workspace!.id}`)
  await expect(other.getByRole('heading', { level: 1 })).toContainText('not proven yet')
  await expect(other.getByRole('button', { name: 'Back up now' })).toBeDisabled()
  await expectRefused(other, running, 'startBackup', { workspaceId: workspace!.id })

  // The last admin stays one.
  await page.getByRole('button', { name: 'Change Ada Admin' }).click()
  const own = page.getByRole('form', { name: 'Change Ada Admin' })
  await own.getByLabel('Role').selectOption('lead')
  await own.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('is the last admin')).toBeVisible()
  await own.getByRole('button', { name: 'Close' }).click()

  // Whoever may not sign in any more is out at once, and so is the token.
  await page.getByRole('button', { name: `Change ${TOMAS.name}` }).click()
  await change.getByRole('button', { name: 'Take sign-in away' }).click()
  await expect(page.getByRole('article', { name: TOMAS.name })).toContainText('may not sign in')
  expect((await asToken('/workspaces')).status).toBe(401)
  await other.goto(`${running.url}/settings/account`)
  await expect(other).toHaveURL(/sign-in/)
  await other.getByLabel('E-mail').fill(TOMAS.email)
  await other.getByLabel('Password', { exact: true }).fill(TOMAS.password)
  await other.getByRole('button', { name: 'Sign in' }).click()
  await expect(other.getByText('may not sign in any more')).toBeVisible()
  await theirs.close()

  // All of it is in the log.
  await page.goto(`${running.url}/settings/audit`)
  const log = page.getByRole('table')
  await expect(log).toContainText('token.exposed')
  await expect(log).toContainText(`${TOMAS.name} (token report)`)
  await page.getByRole('combobox', { name: 'What', exact: true }).selectOption('person.change')
  await expect(page).toHaveURL(/action=person.change/)
  await expect(log).not.toContainText('token.exposed')
  await page.getByRole('button', { name: 'Verify chain' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'The chain is whole' })).toBeVisible()
  await expectAccessibleEverywhere(page)
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()])
  expect(readFileSync(await download.path(), 'utf8')).toContain('person.change')
})

/** The ids that the build gave to the server actions, by name. */
function actionIds(): Map<string, string> {
  const { node } = JSON.parse(readFileSync('.next/server/server-reference-manifest.json', 'utf8')) as {
    node: Record<string, { exportedName?: string }>
  }
  return new Map(Object.entries(node).map(([id, { exportedName = '' }]) => [exportedName, id]))
}

/** Sends a server action as the browser of this page would if it had a button for it. */
async function expectRefused(page: Page, running: RunningConsole, name: string, input: object): Promise<void> {
  const id = actionIds().get(name)
  expect(id, `the id of the action ${name}`).toBeDefined()
  const answer = await page.request.post(page.url(), {
    headers: { 'next-action': id!, 'content-type': 'text/plain;charset=UTF-8', origin: running.url },
    data: JSON.stringify([input]),
  })
  expect(await answer.text()).toContain('"code":"not_permitted"')
}

test('every endpoint and every server action refuses every role, and every token, that lacks its right; and what is in another workspace', async ({
  bench,
}) => {
  const running = await startConsole({ home: bench.home })
  const admin = await running.signUp()
  await bench.run('backup')
  const second = makeSampleWorkspace(`${bench.folder}/second`, { packs: 1, logs: 1 })
  await bench.run('workspace', 'add', second.root, '--name', 'second', '--config', second.configPath)
  await bench.run('backup', 'second')
  const send = (path: string, how: { cookie?: string; token?: string; data?: unknown; method?: string }) =>
    fetch(`${running.url}${path}`, {
      method: how.method ?? (how.data === undefined ? 'GET' : 'POST'),
      headers: {
        origin: running.url,
        'content-type': 'application/json',
        ...(how.cookie ? { cookie: how.cookie } : {}),
        ...(how.token ? { authorization: `Bearer ${how.token}` } : {}),
      },
      ...(how.data === undefined ? {} : { body: JSON.stringify(how.data) }),
    })
  const json = async <T>(answer: Promise<Response>) => (await (await answer).json()) as T
  const cookieOf = async (email: string, password: string) =>
    (await send('/api/auth/sign-in/email', { data: { email, password } })).headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ')
  const join = async (name: string, access: object) => {
    const email = `${name}@example.test`
    const { path } = await json<{ path: string }>(send('/api/v1/invitations', { cookie: admin, data: { email, access } }))
    const data = { token: path.split('=')[1], name, password: 'a long enough password' }
    expect((await send('/api/v1/join', { data })).status).toBe(201)
    return cookieOf(email, data.password)
  }
  const tokenOf = async (cookie: string, scope: readonly string[], workspaceIds: string[] | null = null) => {
    const data = { name: `${scope.length} rights in ${workspaceIds ?? 'all'}`, scope, workspaceIds, days: 1 }
    return (await json<{ token: string }>(send('/api/v1/account/tokens', { cookie, data }))).token
  }

  const call = (endpoint: Endpoint, who: { cookie?: string; token?: string }) => {
    const input = sampleInput(endpoint.input)
    const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name] ?? 'x')))
    const query = endpoint.method === 'get' ? `?${new URLSearchParams(input as Record<string, string>)}` : ''
    return send(`/api/v1${path}${query}`, { ...who, ...(endpoint.method === 'post' ? { data: input } : {}) })
  }
  /** A server action, forged by somebody whose page has no button for it; actions name ids as `workspaceId`. */
  const forge = async (id: string, endpoint: Endpoint, cookie: string, origin = running.url): Promise<string> => {
    const input = sampleInput(endpoint.input)
    const asAction = Object.fromEntries(
      Object.entries(input).flatMap(([key, value]) => [
        [key, value],
        [`${key}Id`, value],
      ]),
    )
    const headers = { 'next-action': id, 'content-type': 'text/plain;charset=UTF-8', origin, ...(cookie ? { cookie } : {}) }
    const answer = await fetch(`${running.url}/settings/account`, { method: 'POST', headers, body: JSON.stringify([asAction]) })
    return /"code":"(\w+)"/.exec(await answer.text())?.[1] ?? `status ${answer.status}`
  }
  const actions = [...actionIds()].map(([name, id]) => [name === 'proposeRetention' ? 'propose' : name, id] as const)
  expect(actions.length).toBeGreaterThan(25)
  const everywhere = (role: Role) => ({ role, everywhere: true, workspaces: [] })
  const found: string[] = []
  // Nobody at all, a made-up session, and another site with the admin's own.
  for (const [name, id] of actions) {
    const endpoint: Endpoint = ENDPOINTS[name as keyof typeof ENDPOINTS]
    for (const cookie of ['', `${admin.split('=')[0]}=made-up.by-nobody`]) {
      const code = await forge(id, endpoint, cookie)
      if (code !== 'not_signed_in') found.push(`the action ${name} for nobody: ${code}`)
    }
    const foreign = await forge(id, endpoint, admin, 'https://elsewhere.test')
    if (foreign !== 'status 500') found.push(`the action ${name} from another site: ${foreign}`)
  }
  for (const [name, endpoint] of Object.entries(ENDPOINTS) as [string, Endpoint][]) {
    const { status } = await call(endpoint, {})
    if (status !== 401) found.push(`${name} for nobody: ${status}`)
    if (endpoint.method === 'post') {
      const headers = { origin: 'https://elsewhere.test', 'content-type': 'application/json', cookie: admin }
      const path = endpoint.path.replace(/\{\w+\}/g, 'x')
      const foreign = await fetch(`${running.url}/api/v1${path}`, { method: 'POST', headers, body: '{}' })
      if (foreign.status !== 403) found.push(`${name} from another site: ${foreign.status}`)
    }
  }
  for (const role of ROLES) {
    const cookie = role === 'admin' ? admin : await join(role, everywhere(role))
    const token = await tokenOf(cookie, TOKEN_SCOPES)
    const listOnly = await tokenOf(cookie, ['list'])
    for (const [name, id] of actions) {
      const endpoint: Endpoint = ENDPOINTS[name as keyof typeof ENDPOINTS]
      if (RIGHTS_OF[role].includes(endpoint.right)) continue
      const code = await forge(id, endpoint, cookie)
      if (code !== 'not_permitted') found.push(`the action ${name} (${endpoint.right}) for ${role}: ${code}`)
    }
    for (const [name, endpoint] of Object.entries(ENDPOINTS) as [string, Endpoint][]) {
      const has = RIGHTS_OF[role].includes(endpoint.right)
      const isOwn = name === 'account' || name.endsWith('Token') || endpoint.right === 'users'
      const expectStatus = async (who: string, answer: Promise<Response>, isRefused: boolean) => {
        const { status } = await answer
        if ((status === 403) !== isRefused) found.push(`${name} (${endpoint.right}) for ${who}: ${status}`)
      }
      if (!has) await expectStatus(role, call(endpoint, { cookie }), true)
      else if (role === 'admin' || isOwn) continue
      else await expectStatus(`${role}’s token`, call(endpoint, { token }), name.endsWith('Sessions') || name === 'revokeSession')
      if (!has || isOwn) await expectStatus(`${role}’s token`, call(endpoint, { token }), true)
      if (has && endpoint.right !== 'list') await expectStatus(`${role}’s list token`, call(endpoint, { token: listOnly }), true)
    }
  }
  expect(found).toEqual([])

  const [first, other] = await json<{ id: string; name: string }[]>(send('/api/v1/workspaces', { cookie: admin }))
  const archiveIn = async (id: string) =>
    (await json<{ rows: { id: string }[] }>(send(`/api/v1/workspaces/${id}/archives`, { cookie: admin }))).rows[0]!.id
  const jobs = await json<{ rows: { id: string; workspaceId: string }[] }>(send('/api/v1/jobs', { cookie: admin }))
  const jobIn = (id: string) => jobs.rows.find((job) => job.workspaceId === id)!.id
  const limited = await join('limited', { role: 'lead', everywhere: false, workspaces: [{ workspaceId: first!.id, role: 'operator' }] })
  const narrow = await tokenOf(admin, TOKEN_SCOPES, [first!.id])
  for (const who of [{ cookie: limited }, { token: narrow }]) {
    const status = async (path: string, data?: object) => (await send(path, { ...who, ...(data ? { data } : {}) })).status
    expect((await json<{ id: string }[]>(send('/api/v1/workspaces', who))).map(({ id }) => id)).toEqual([first!.id])
    const seen = await json<{ rows: { workspaceId: string }[] }>(send('/api/v1/jobs', who))
    expect(new Set(seen.rows.map(({ workspaceId }) => workspaceId))).toEqual(new Set([first!.id]))
    for (const [workspace, expected] of [
      [first!.id, 200],
      [other!.id, 403],
    ] as const) {
      const archive = await archiveIn(workspace)
      expect(await status(`/api/v1/workspaces/${workspace}/overview`)).toBe(expected)
      expect(await status(`/api/v1/archives/${archive}`)).toBe(expected)
      expect(await status(`/api/v1/archives/${archive}/entries`)).toBe(expected)
      expect(await status(`/api/v1/archives/${archive}/download?path=orchestrator_config.json`)).toBe(expected)
      expect(await status(`/api/v1/jobs/${jobIn(workspace)}`)).toBe(expected)
    }
    // What is about the whole host is not theirs either, an admin's token included.
    expect(await status('/api/v1/repository/prune', { graceDays: 0 })).toBe(403)
    expect(await status('/api/v1/audit')).toBe(403)
    const both = `/api/v1/workspaces/${first!.id}/comparison?a=${await archiveIn(first!.id)}&b=${await archiveIn(other!.id)}`
    expect(await status(both)).toBe(403)
  }
  expect((await send('/metrics', { cookie: limited })).status).toBe(403)
  expect((await send('/metrics', { cookie: admin })).status).toBe(200)
  // A lead elsewhere, an operator here.
  const forgotten = await send(`/api/v1/archives/${await archiveIn(first!.id)}/forget`, { cookie: limited, data: { reason: 'x' } })
  expect(forgotten.status).toBe(403)
  const audit = await json<{ code: string }>(send(`/api/v1/jobs?x=${narrow}`, { cookie: admin }))
  expect(audit.code).toBe('token_exposed')
  await running.stop()
})
