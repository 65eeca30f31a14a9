import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { JobFeed } from '#lib/contracts/job.ts'
import { makeBench } from '#test/builders/run-orchive.ts'
import { startConsole } from '#test/builders/start-console.ts'
import { until } from '#test/builders/until.ts'

/** What no pipe and no socket on the way can hold. */
const LARGE_BYTES = 16 * 1024 ** 2

/** Processes with this in their command line. */
function processesNaming(text: string): number[] {
  const names = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)
    } catch {
      return false
    }
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && names(name))
    .map(Number)
}

/** Messages of a stream of events, each as the feed it holds. */
async function* feedsOf(response: Response): AsyncGenerator<JobFeed> {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const messages = (text + chunk).split('\n\n')
    text = messages.pop()!
    for (const message of messages) {
      const data = /^data: (.*)$/m.exec(message)?.[1]
      if (data !== undefined) yield JSON.parse(data) as JobFeed
    }
  }
}

/** Follows a stream to its end, and notes the jobs that it tells of. */
async function hearJobs(response: Response, heard: Set<string>): Promise<void> {
  for await (const { jobs } of feedsOf(response)) for (const { id } of jobs) heard.add(id)
}

test('a console keeps its pages to itself, and one that is stopped while a backup, a listener and a slow download are under way ends soon; the next one finds all of it', async () => {
  const bench = await makeBench({ packs: 2, logs: 1 })
  onTestFinished(() => bench.remove())
  const large = randomBytes(LARGE_BYTES)
  writeFileSync(join(bench.workspace.root, 'logs/large.bin'), large)
  await bench.run('backup')
  const temporary = join(bench.folder, 'tmp')
  mkdirSync(temporary)
  const first = await startConsole({ home: bench.home, env: { TMPDIR: temporary } })
  onTestFinished(() => void first.stop())
  const cookie = await first.signUp()
  const get = (url: string, path: string) => fetch(`${url}/api/v1${path}`, { headers: { cookie, origin: url } })
  const [workspace] = (await (await get(first.url, '/workspaces')).json()) as { id: string }[]
  const archives = async (url: string) =>
    ((await (await get(url, `/workspaces/${workspace!.id}/archives`)).json()) as { rows: { id: string }[] }).rows
  const [archive] = await archives(first.url)
  const download = `/archives/${archive!.id}/download?path=logs/large.bin`

  // Where pages are answered: nobody else on this host gets at them past the web server.
  const [pages] = readdirSync(temporary).filter((name) => name.startsWith('orchive-pages-'))
  expect(statSync(join(temporary, pages!)).mode & 0o077).toBe(0)

  const heard = new Set<string>()
  const listening = hearJobs(await get(first.url, '/jobs/events'), heard)
  const slow = (await get(first.url, download)).body!.getReader()
  await slow.read()
  const started = await fetch(`${first.url}/api/v1/workspaces/${workspace!.id}/backups`, {
    method: 'POST',
    headers: { cookie, origin: first.url, 'content-type': 'application/json' },
    body: '{}',
  })
  const { jobId } = (await started.json()) as { jobId: string }
  const [job] = processesNaming(jobId)
  // It stands still in the middle of its work until the console is gone.
  process.kill(job!, 'SIGSTOP')
  await until('the listener has heard of it', () => heard.has(jobId))

  // Who does not end by itself within ten seconds is killed, and then this is not 0.
  expect(await first.stop()).toBe(0)
  expect(readdirSync(temporary)).not.toContain(pages)
  // The stream came to an end of its own, not by a broken connection.
  await listening
  await expect(
    (async () => {
      while (!(await slow.read()).done);
    })(),
    'a download that is cut off does not look whole',
  ).rejects.toThrow()
  await until('only the job is left', () => processesNaming(bench.home).every((pid) => pid === job))

  process.kill(job!, 'SIGCONT')
  const second = await startConsole({ home: bench.home })
  onTestFinished(() => void second.stop())
  for await (const { jobs } of feedsOf(await get(second.url, '/jobs/events'))) {
    const { status, outcome } = jobs.find(({ id }) => id === jobId)!
    if (status !== 'finished') continue
    expect(outcome).toBe('success')
    break
  }
  expect(await archives(second.url)).toHaveLength(2)
  expect(Buffer.from(await (await get(second.url, download)).arrayBuffer()).equals(large)).toBe(true)
  expect(await second.stop()).toBe(0)
})
