import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Daemons, freePort } from '../test/builders/daemon.ts'
import { expectEqualTrees, readTree } from '../test/builders/random-tree.ts'
import { startConsole } from '../test/builders/start-console.ts'
import { expect, expectAccessibleEverywhere, signIn, test } from './console.ts'

test('a lost host is brought back by a console that knows nothing but a copy of the repository, and its orchestrator is healthy', async ({
  page,
  bench,
}) => {
  await bench.run('backup')
  await bench.run('verify', 'latest')
  const vault = join(bench.folder, 'vault')
  cpSync(join(bench.home, 'repository'), vault, { recursive: true })
  const lost = join(bench.folder, 'lost')
  renameSync(bench.workspace.root, lost)
  const home = join(bench.folder, 'new-home')
  const root = join(bench.folder, 'new-host/orchestrator')
  mkdirSync(home, { mode: 0o700 })
  const daemons = new Daemons(join(bench.folder, 'daemons'))
  const port = await freePort()
  const health = { url: `http://127.0.0.1:${port}/health`, expect: { status: 'healthy' } }
  const start = daemons.startOrchestrator('orch', join(root, 'orchestrator_config.json'), port, { stateMs: 200 })
  const runtime = { stop: daemons.stop('orch'), start, health, process: { pidFile: daemons.pidFile('orch') }, startTimeoutSeconds: 30 }
  writeFileSync(join(home, 'orchive.config.json'), JSON.stringify({ workspaces: { sample: { runtime } } }), { mode: 0o600 })
  const running = await startConsole({ home })
  try {
    await running.signUp()
    await signIn(page, running.url)
    await page.goto(running.url)
    await page.getByRole('link', { name: 'Bring it back' }).click()
    await expect(page.getByRole('heading', { name: 'Lost host' })).toBeVisible()
    await expectAccessibleEverywhere(page)
    await page.getByLabel('Folder of the repository').fill(vault)
    await page.getByLabel('New root folder').fill(root)
    await page.getByRole('button', { name: 'Show the plan' }).click()
    await expect(page.getByRole('cell', { name: join(root, 'orchestrator_config.json'), exact: true })).toBeVisible({ timeout: 30_000 })
    await expect(page.getByText(health.url)).toBeVisible()
    await expectAccessibleEverywhere(page)
    const go = page.getByRole('button', { name: 'Bring sample back' })
    await expect(go).toBeDisabled()
    await page.getByLabel(/^Type sample to bring it back/).fill('sample')
    await go.click()
    await expect(page.getByText('See that it is healthy').first()).toBeVisible({ timeout: 60_000 })
    expect((await fetch(health.url)).ok).toBe(true)
    await expectAccessibleEverywhere(page)
    daemons.killAll('orch')
    const packs = (folder: string) => readTree(Buffer.from(join(folder, 'knowledge-packs')))
    expectEqualTrees(packs(root), packs(lost))
    expect(readFileSync(join(root, 'orchestrator_config.json')).equals(readFileSync(join(lost, 'orchestrator_config.json')))).toBe(true)
  } finally {
    await page.goto('about:blank')
    daemons.killAll('orch')
    await running.stop()
  }
})
