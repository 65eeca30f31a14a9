import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startConsole } from '../test/builders/start-console.ts'

const FILES = 100_000
const FOLDERS = 100
const REQUESTS = 60

/** p95 in milliseconds of a folder page of an archive of 100,000 files, asked over HTTP from a running console. */
export async function measureFolderPage(work: string): Promise<number> {
  const root = join(work, 'workspace')
  const home = join(work, 'home')
  mkdirSync(join(root, 'logs'), { recursive: true })
  writeFileSync(join(root, 'orchestrator_state.json'), '{}')
  writeFileSync(
    join(root, 'orchestrator_config.json'),
    JSON.stringify({ docsPath: './docs', logsDir: './logs', stateFile: './orchestrator_state.json' }),
  )
  for (let folder = 0; folder < FOLDERS; folder++) {
    const path = join(root, 'logs', `day-${String(folder).padStart(3, '0')}`)
    mkdirSync(path)
    for (let i = 0; i < FILES / FOLDERS; i++) writeFileSync(join(path, `run-${String(i).padStart(5, '0')}.log`), `${folder} ${i}\n`)
  }
  const orchive = join(dirname(fileURLToPath(import.meta.url)), '../bin/orchive')
  execFileSync(orchive, ['workspace', 'add', root, '--name', 'wide', '--home', home], { stdio: 'ignore' })
  execFileSync(orchive, ['backup', '--home', home], { stdio: 'ignore' })
  const console = await startConsole({ home })
  try {
    const cookie = await console.signUp()
    const [archive] = JSON.parse(execFileSync(orchive, ['archives', '--json', '--home', home], { encoding: 'utf8' })) as { id: string }[]
    const times: number[] = []
    for (let i = 0; i < REQUESTS; i++) {
      const url = `${console.url}/api/v1/archives/${archive!.id}/entries?path=logs/day-${String((i * 7) % FOLDERS).padStart(3, '0')}&limit=200`
      const startedMs = performance.now()
      const response = await fetch(url, { headers: { cookie } })
      if (!response.ok) throw new Error(`${url} answered ${response.status}`)
      await response.json()
      times.push(performance.now() - startedMs)
    }
    return times.slice(10).sort((a, b) => a - b)[Math.floor((REQUESTS - 10) * 0.95)]!
  } finally {
    await console.stop()
    rmSync(work, { recursive: true, force: true })
  }
}
