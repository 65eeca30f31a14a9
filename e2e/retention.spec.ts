import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bench, runOrchive } from '../test/builders/run-orchive.ts'
import { expect, expectAccessible, expectAccessibleEverywhere, test } from './console.ts'

const DAY_MS = 86_400_000
/** Daily 3: the two old ones go. */
const DRAFT = ['--daily', '3', '--weekly', '0', '--monthly', '0']

/** Five backups: two old ones, then one on each of the last three days, each with a log of its own day. */
async function backUpOverTime({ home, workspace }: Bench): Promise<void> {
  for (const daysAgo of [40, 39, 3, 2, 1]) {
    writeFileSync(join(workspace.logsDir, `day-${daysAgo}.jsonl`), `{"day":${daysAgo}}\n`.repeat(2_000))
    if (daysAgo < 39) rmSync(join(workspace.logsDir, 'day-39.jsonl'), { force: true })
    const at = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - daysAgo * DAY_MS + 7_200_000).toISOString()
    const { code, stderr } = await runOrchive(home, ['backup', '--quiet'], { env: { ORCHIVE_TEST: '1', ORCHIVE_NOW: at } })
    expect(code, stderr).toBe(0)
  }
}

test('a draft is simulated and proposed, nobody approves their own, a change makes it void, and a phone approves the next', async ({
  page,
  bench,
  console: running,
}) => {
  await backUpOverTime(bench)
  await page.goto(running.url)
  await page.getByRole('link', { name: 'Retention', exact: true }).first().click()
  await expect(page.getByRole('heading', { level: 1, name: 'Retention' })).toBeVisible()
  await expect(page.getByText('sample keeps 30 days, 12 weeks, 12 months')).toBeVisible()
  // The page comes with what it shows: nothing has to be loaded before it can be read.
  expect(await (await page.request.get(page.url())).text()).toContain('What stays and what goes')
  for (const [label, value] of [
    ['Daily', '3'],
    ['Weekly', '0'],
    ['Monthly', '0'],
  ] as const) {
    await page.getByLabel(label, { exact: true }).fill(value)
    await expect(page).toHaveURL(new RegExp(`[?&]${label[0]!.toLowerCase()}=${value}`))
  }
  await expect(page.getByRole('heading', { name: '2 archives move to trash' })).toBeVisible()
  await expect(page.getByRole('gridcell', { name: /would move to trash: day \d+, daily keeps 3/i }).first()).toBeAttached()
  await expect(page.getByRole('cell', { name: /version of logs/ }).first()).toBeVisible()
  await expect(page.getByText(/archives of 5 would move to trash, which frees/)).toBeVisible()
  await expectAccessibleEverywhere(page)

  await page.getByLabel('Note for who approves').fill('Shorter history')
  await page.getByRole('button', { name: 'Propose, move 2 to trash' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Move 2 archives to trash?' })).toBeVisible()
  await expect(page.getByText('The policy becomes daily 30 to 3 days, weekly 12 to 0 weeks, monthly 12 to 0 months.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Approve, move 2 to trash' })).toBeDisabled()
  await expect(page.getByText('You proposed it, and this workspace asks for a second person.')).toBeVisible()
  await page.getByText('It cannot wait for somebody else').click()
  await expect(page.getByRole('button', { name: 'Approve alone, move 2 to trash' })).toBeDisabled()
  await expectAccessibleEverywhere(page)

  await bench.run('hold', 'latest~4', '--reason', 'audit')
  await page.reload()
  await expect(page.getByText('one archive would stay now')).toBeVisible()
  await expect(page.getByRole('button', { name: /^Approve/ })).toHaveCount(0)
  await bench.run('release', 'latest~4')

  const proposed = (await bench.run('retention', 'propose', ...DRAFT, '--json')).json as { proposal: string }
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(running.url)
  await page.getByRole('link', { name: `Review ${proposed.proposal}` }).click()
  const approve = page.getByRole('button', { name: 'Approve, move 2 to trash' })
  await expect(approve).toBeInViewport()
  await expect(page.getByText('You did not propose it')).toBeVisible()
  await page.getByLabel('Note for the audit log').fill('Agreed after the drill.')
  await approve.click()
  await expect(page.getByText('Applied', { exact: true })).toBeVisible()
  await expect(page.getByText('Agreed after the drill.')).toBeVisible()
  const left = (await bench.run('archives', '--json')).json as unknown[]
  expect(left).toHaveLength(3)

  await page.goto(`${running.url}/settings/retention`)
  await page.getByLabel('Weekly, in weeks').fill('many')
  await expect(page.getByText('Weekly is a whole number, at most')).toBeVisible()
  await page.getByLabel('Weekly, in weeks').fill('12')
  await page.getByLabel('Yearly, in years').fill('8')
  await expect(page.getByRole('row', { name: /sample/ })).toContainText(/would let \d+ archives? go/)
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Save default' }).click()
  await expect(page.getByText('The default is saved.')).toBeVisible()
  const { policy } = (await bench.run('retention', 'policy', 'show', '--json')).json as { policy: { yearlyYears: number } }
  expect(policy.yearlyYears).toBe(8)
})
