import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startConsole } from '../test/builders/start-console.ts'
import { dayName, FOLDERS, type WideWorkspace } from './wide-workspace.ts'

const REQUESTS = 60

/** p95 in milliseconds of a folder page of an archive of 100,000 files, asked over HTTP from a running console. */
export async function measureFolderPage({ home }: WideWorkspace): Promise<number> {
  const orchive = join(dirname(fileURLToPath(import.meta.url)), '../bin/orchive')
  const console = await startConsole({ home })
  try {
    const cookie = await console.signUp()
    const [archive] = JSON.parse(execFileSync(orchive, ['archives', '--json', '--home', home], { encoding: 'utf8' })) as { id: string }[]
    const times: number[] = []
    for (let i = 0; i < REQUESTS; i++) {
      const url = `${console.url}/api/v1/archives/${archive!.id}/entries?path=logs/${dayName((i * 7) % FOLDERS)}&limit=200`
      const startedMs = performance.now()
      const response = await fetch(url, { headers: { cookie } })
      if (!response.ok) throw new Error(`${url} answered ${response.status}`)
      await response.json()
      times.push(performance.now() - startedMs)
    }
    return times.slice(10).sort((a, b) => a - b)[Math.floor((REQUESTS - 10) * 0.95)]!
  } finally {
    await console.stop()
  }
}
