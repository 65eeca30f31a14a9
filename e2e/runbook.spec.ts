import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../lib/base/clock.ts'
import { runCommand } from '../lib/orchestrator/run-command.ts'
import { Daemons, freePort } from '../test/builders/daemon.ts'
import { expect, expectAccessible, expectAccessibleEverywhere, test } from './console.ts'

test('a state that was torn between backups is told, recovered with one click while the orchestrator is stopped and started', async ({
  page,
  bench,
  console: running,
}) => {
  await bench.run('backup')
  await bench.run('verify', 'latest')
  const daemons = new Daemons(join(bench.folder, 'daemons'))
  const port = await freePort()
  const health = { url: `http://127.0.0.1:${port}/health`, expect: { status: 'healthy' } }
  const start = daemons.startOrchestrator('orch', bench.workspace.configPath, port, { stateMs: 200 })
  const process_ = { pidFile: daemons.pidFile('orch') }
  const runtime = { stop: daemons.stop('orch'), start, health, process: process_, startTimeoutSeconds: 30, stopTimeoutSeconds: 30 }
  writeFileSync(join(bench.home, 'orchive.config.json'), JSON.stringify({ workspaces: { sample: { runtime } } }), { mode: 0o600 })
  const good = readFileSync(bench.workspace.statePath, 'utf8')
  const torn = good.slice(0, Math.floor(good.length * 0.7))
  // What the console does by itself every five minutes, now.
  await bench.run('watch')
  writeFileSync(bench.workspace.statePath, torn)
  expect((await bench.run('watch')).code).toBe(3)

  await page.goto(running.url)
  await expect(page.getByText('The live State file is damaged since')).toBeVisible()
  await expect(page.getByText(/it was fine\. A backup taken now would be suspect/)).toBeVisible()
  await page.getByRole('link', { name: 'Open the runbook' }).click()
  await expect(page.getByText('The live state does not parse.')).toBeVisible()
  await expect(page.getByText(/^It is so since/)).toBeVisible()
  await page.getByText('Merge what can be saved').click()
  await expect(page).toHaveURL(/salvage=merge/)
  await expect(page.getByText(/It is whole for its first/)).toBeVisible()
  await page.getByText('Archived state alone').click()
  await expectAccessibleEverywhere(page)

  const go = page.getByRole('button', { name: 'Replace the state of sample' })
  await expect(go).toBeDisabled()
  await page.getByLabel('Type sample to replace its state').fill('sample')
  await go.click()
  await expect(page.getByText(/^Proven: the restored file/)).toBeVisible()
  await expect(page.getByText('Look at the live state')).toBeVisible()
  expect((await fetch(health.url)).ok).toBe(true)
  await expectAccessible(page)

  // The orchestrator wrote since, so the undo stops and says which path moved on.
  await runCommand({ workspace: 'sample', verb: 'stop', argv: runtime.stop, timeoutMs: 20_000, clock: systemClock, env: process.env })
  await page.getByRole('link', { name: 'Runbooks', exact: true }).first().click()
  await expect(page.getByText('The host is lost')).toBeVisible()
  await expectAccessibleEverywhere(page)
  daemons.killAll('orch')
})
