import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { openStorageTarget } from '../lib/engine/storage/open-storage-target.ts'
import { Daemons, freePort } from '../test/builders/daemon.ts'
import { expectEqualTrees, readTree } from '../test/builders/random-tree.ts'
import { makeSampleWorkspace } from '../test/builders/sample-workspace.ts'
import { startConsole } from '../test/builders/start-console.ts'
import { type RunningSshd, startSshd } from '../test/builders/start-sshd.ts'
import { cephStore, withoutCeph } from '../test/s3/ceph-store.ts'
import makeRoomForCeph from '../test/s3/global-setup.ts'
import { expect, expectAccessible, expectAccessibleEverywhere, signUp, test } from './console.ts'

const PASSPHRASE = 'what the bucket never learns'
let takeCephAway = () => {}
let sshd: RunningSshd
test.beforeAll(async () => {
  takeCephAway = makeRoomForCeph()
  sshd = await startSshd()
})
test.afterAll(async () => {
  takeCephAway()
  await sshd?.stop()
})

/** Hides every object of the copy, as somebody does who took over the host that burnt: the locks keep what was there first. */
async function hideEverything(ceph: Awaited<ReturnType<typeof cephStore>>, target: ReturnType<typeof ceph.target>): Promise<void> {
  const client = new S3Client({ endpoint: ceph.endpoint, region: 'us-east-1', credentials: ceph.secrets, forcePathStyle: true })
  const storage = await openStorageTarget(target, ceph.secrets)
  const names: string[] = []
  for await (const { name } of storage.list('.')) names.push(name)
  for (const name of names) await client.send(new DeleteObjectCommand({ Bucket: target.bucket, Key: `${target.prefix}/${name}` }))
  storage.close()
  client.destroy()
  expect(names.length).toBeGreaterThan(5)
}

test('a burnt host is brought back by a console that knows nothing but the bucket, whose encrypted copies somebody deleted: one workspace alone, whose orchestrator is healthy, then what is missing', async ({
  page,
  bench,
}) => {
  test.skip(withoutCeph !== null, `without Ceph: ${withoutCeph}`)
  const secretFile = (name: string, text: string) => {
    writeFileSync(join(bench.folder, name), text, { mode: 0o600 })
    return join(bench.folder, name)
  }
  const run = async (...argv: string[]) => {
    const ran = await bench.run(...argv)
    expect([ran.code, ran.stderr], argv.join(' ')).toEqual([0, expect.anything()])
  }
  const ceph = await cephStore()
  const target = ceph.target('locked', { objectLock: 'governance' })
  const { bucket, prefix } = target
  rmSync(join(bench.home, 'repository'), { recursive: true })
  await run('repository', 'init', join(bench.home, 'repository'), '--encrypt', '--passphrase-file', secretFile('passphrase', PASSPHRASE))
  const spare = makeSampleWorkspace(join(bench.folder, 'spare'), { packs: 2, logs: 1, seed: 7 })
  await run('workspace', 'add', spare.root, '--name', 'spare', '--config', spare.configPath)
  for (const name of ['sample', 'spare']) await run('backup', name)
  const place = ['--s3', `s3://${bucket}/${prefix}`, '--endpoint', ceph.endpoint, '--plain-http']
  const locks = ['--object-lock', 'governance', '--lock-days', '1']
  const keys = ['--secrets', secretFile('keys.json', JSON.stringify(ceph.secrets))]
  for (const name of ['sample', 'spare']) await run('replica', 'add', `vault-${name}`, name, ...place, ...keys, ...locks)
  for (const name of ['sample', 'spare']) await run('replica', 'sync', `vault-${name}`)
  await hideEverything(ceph, target)
  const lost = join(bench.folder, 'lost')
  renameSync(bench.workspace.root, lost)
  renameSync(spare.root, join(bench.folder, 'lost-spare'))
  renameSync(bench.home, join(bench.folder, 'ashes'))
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
    await signUp(page, running)
    await page.goto(running.url)
    await page.getByRole('link', { name: 'Bring it back' }).click()
    await expect(page.getByRole('heading', { name: 'Lost host' })).toBeVisible()
    await page.getByLabel('Kind of place').selectOption('sftp')
    await page.getByLabel('Host', { exact: true }).fill('127.0.0.1')
    await page.getByLabel('Port', { exact: true }).fill(String(sshd.port))
    await page.getByLabel('User', { exact: true }).fill(userInfo().username)
    await page.getByLabel('Folder on that host').fill('/nowhere')
    await page.getByLabel('Sign in with').selectOption('private-key')
    await page.getByLabel('Private key', { exact: true }).fill((sshd.secrets as { privateKey: string }).privateKey)
    await page.getByRole('button', { name: 'Test the place' }).click()
    await expect(page.getByText(sshd.fingerprint)).toBeVisible()
    await expectAccessibleEverywhere(page)
    await page.getByRole('button', { name: 'Use this key' }).click()
    await page.getByRole('button', { name: 'Test the place' }).click()
    await expect(page.getByText(/nowhere: there is no such folder/)).toBeVisible()

    await page.getByLabel('Kind of place').selectOption('s3')
    await page.getByLabel('Address of the store').fill(ceph.endpoint)
    await page.getByLabel(/^Send everything unencrypted/).check()
    await page.getByLabel('Bucket', { exact: true }).fill(bucket)
    await page.getByLabel('Prefix').fill(prefix)
    await page.getByLabel('Access key').fill(ceph.secrets.accessKeyId)
    await page.getByLabel('Secret key').fill('not that one')
    await page.getByLabel('Object lock of these copies').selectOption('governance')
    await page.getByRole('radio', { name: /^One workspace/ }).check()
    await page.getByLabel('New root folder').fill(root)
    await page.getByRole('button', { name: 'Show the plan' }).click()
    await expect(page.getByText('cannot be used.')).toBeVisible()
    // Whoever has to sign in once more finds the form as it was, but for what opens something.
    await page.reload()
    await expect(page.getByLabel('New root folder')).toHaveValue(root)
    await expect(page.getByLabel('Secret key')).toHaveValue('')
    await page.getByRole('radio', { name: /^All workspaces/ }).check()
    await page.getByLabel('Secret key').fill(ceph.secrets.secretAccessKey)
    await page.getByRole('button', { name: 'Show the plan' }).click()
    await page.getByRole('textbox', { name: 'Passphrase' }).fill('another passphrase')
    await page.getByRole('button', { name: 'Test the place' }).click()
    await expect(page.getByText('The passphrase does not open the repository')).toBeVisible()
    await expectAccessible(page)
    await page.getByRole('textbox', { name: 'Passphrase' }).fill(PASSPHRASE)
    await page.getByRole('button', { name: 'Show the plan' }).click()
    // One of the two goes elsewhere, and is looked at alone.
    await expect(page.getByText('2 can come back')).toBeVisible()
    await page.getByRole('button', { name: 'Change where sample goes' }).click()
    await page.getByLabel(/^Where sample goes/).fill(root)
    await page.getByRole('button', { name: 'Plan it there' }).click()
    await expect(page.getByText(`lay at ${bench.workspace.root}`)).toBeVisible()
    await expectAccessibleEverywhere(page)
    await page.getByRole('button', { name: 'Plan alone: sample' }).click()
    await expect(page.getByRole('cell', { name: join(root, 'orchestrator_config.json'), exact: true })).toBeVisible()
    await expect(page.getByText(health.url)).toBeVisible()
    await page.getByRole('checkbox', { name: /^Logs/ }).uncheck()
    await expect(page.getByText(/^One item is left out: /)).toBeVisible()
    await expectAccessibleEverywhere(page)
    const go = page.getByRole('button', { name: 'Bring sample back' })
    await expect(go).toBeDisabled()
    await page.getByLabel(/^Type sample to bring it back/).fill('sample')
    await go.click()
    // Backups from now on are as encrypted as the copy was.
    await expect(page.getByRole('heading', { name: 'Recovery key' })).toBeVisible()
    await page.getByRole('checkbox', { name: /^I have it/ }).check()
    await page.getByRole('button', { name: 'Go on' }).click()
    // Its steps are told from the start; they are done when it has ended.
    await expect(page.getByText('See that it is healthy').first()).toBeVisible()
    await expect(page.getByRole('button', { name: 'Plan another one' })).toBeVisible()
    expect((await fetch(health.url)).ok).toBe(true)
    await expectAccessibleEverywhere(page)
    daemons.killAll('orch')
    const packs = (folder: string) => readTree(Buffer.from(join(folder, 'knowledge-packs')))
    expectEqualTrees(packs(root), packs(lost))
    // The orchestrator that was started may have begun logs of its own.
    expect(readdirSync(join(lost, 'logs')).filter((name) => existsSync(join(root, 'logs', name)))).toEqual([])
    expect(readFileSync(join(root, 'orchestrator_config.json')).equals(readFileSync(join(lost, 'orchestrator_config.json')))).toBe(true)

    // The others of that host come back in one go, each to where it lay.
    await page.getByRole('button', { name: 'Plan another one' }).click()
    await page.getByRole('radio', { name: /^All workspaces/ }).check()
    const at = page.getByLabel(/^As they were at a time/)
    await at.fill('2020-01-01T02:00')
    await page.getByRole('button', { name: 'Show the plan' }).click()
    await expect(page.getByText('There is no archive of 2020-01-01T02:00Z or before.')).toBeVisible()
    await at.fill('')
    await page.getByRole('button', { name: 'Show the plan' }).click()
    await expect(page.getByText('1 can come back, 1 already here')).toBeVisible()
    // A disk without room stops it, unless somebody says that it does not matter.
    const goTo = async (folder: string) => {
      await page.getByRole('button', { name: 'Change where spare goes' }).click()
      await page.getByLabel(/^Where spare goes/).fill(folder)
      await page.getByRole('button', { name: 'Plan it there' }).click()
    }
    const bring = page.getByRole('button', { name: 'Bring spare back' })
    await goTo('/proc/spare')
    await expect(page.getByText(/too little\. Leave something out/)).toBeVisible()
    await page.getByLabel(/^Type spare to bring it back/).fill('spare')
    await expect(bring).toBeDisabled()
    await page.getByRole('checkbox', { name: /^Start all the same/ }).check()
    await expect(bring).toBeEnabled()
    await expectAccessibleEverywhere(page)
    await goTo(spare.root)
    await expect(page.getByText(/too little\. Leave something out/)).toBeHidden()
    await page.getByLabel(/^Type spare to bring it back/).fill('spare')
    await bring.click()
    await expect(page.getByText('1 of 1 workspace is back.')).toBeVisible()
    await expectAccessibleEverywhere(page)
    const all = (folder: string) => readTree(Buffer.from(join(folder, 'logs')))
    expectEqualTrees(all(spare.root), all(join(bench.folder, 'lost-spare')))
  } finally {
    await page.goto('about:blank')
    daemons.killAll('orch')
    await running.stop()
  }
})
