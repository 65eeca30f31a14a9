import { gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test, vi } from 'vitest'
import { makeBench } from '#test/builders/run-orchive.ts'
import { ApiThreads } from './api-threads.ts'
import type { Call } from './call.ts'

const signal = new AbortController().signal
const asker = { id: 'ada', name: 'Ada', role: 'viewer', via: 'console' } as const
const call = (name: Call['name'], raw: Call['raw'] = {}): Call => ({ name, actor: asker, raw, once: null })

test('calls are answered in threads as they would be here: parsed, judged, and packed when that is wanted', async () => {
  const bench = await makeBench({ packs: 30, logs: 1, isQuick: true })
  onTestFinished(() => bench.remove())
  await bench.run('backup')
  vi.stubEnv('ORCHIVE_HOME', bench.home)
  onTestFinished(() => void vi.unstubAllEnvs())
  const threads = new ApiThreads(1)
  const ask = async (one: Call, isPacked = false) => {
    const { status, headers, body } = await threads.perform(one, { isPacked, signal })
    const bytes = Buffer.from(body as Uint8Array)
    return { status, headers, data: JSON.parse((headers['Content-Encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()) }
  }
  const { data: workspaces } = await ask(call('listWorkspaces'))
  const { data: page } = await ask(call('listArchives', { workspace: workspaces[0].id }))
  const archive = page.rows[0].id
  const folder = call('listFolder', { archive, path: 'knowledge-packs' })
  const [plain, small] = await Promise.all([ask(folder), ask(folder, true)])
  expect(plain.data.rows).toHaveLength(30)
  expect(small.headers).toMatchObject({ 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' })
  expect(small.data).toEqual(plain.data)

  expect(await ask(call('listArchives', { workspace: 'ws_?' }))).toMatchObject({ status: 400, data: { code: 'invalid_input' } })
  expect(await ask(call('listAudit'))).toMatchObject({ status: 403, data: { code: 'not_permitted' } })
  await threads.stop()
})

test('forty calls at once are all answered, and so is the one under way when the threads are told to stop', async () => {
  const bench = await makeBench({ packs: 3, logs: 1, isQuick: true })
  onTestFinished(() => bench.remove())
  vi.stubEnv('ORCHIVE_HOME', bench.home)
  onTestFinished(() => void vi.unstubAllEnvs())
  const threads = new ApiThreads()
  const answers = await Promise.all(Array.from({ length: 40 }, () => threads.perform(call('listWorkspaces'), { isPacked: false, signal })))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 200))
  const last = threads.perform(call('listWorkspaces'), { isPacked: false, signal })
  await threads.stop()
  expect([200, 500, 503]).toContain((await last).status)
})
