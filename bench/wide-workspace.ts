import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FILES = 100_000
export const FOLDERS = 100

const ORCHIVE = join(dirname(fileURLToPath(import.meta.url)), '../bin/orchive')

/** A workspace of 100,000 small files with a home of its own, in one folder. */
export interface WideWorkspace {
  home: string
  /** Every file, in archive order. */
  files: string[]
  /** Takes an archive; returns its id. */
  backUp(): string
}

/** Makes the workspace in an empty folder and takes its first archive. */
export function makeWideWorkspace(folder: string): WideWorkspace {
  const root = join(folder, 'workspace')
  const home = join(folder, 'home')
  mkdirSync(join(root, 'logs'), { recursive: true })
  writeFileSync(join(root, 'orchestrator_state.json'), '{}')
  writeFileSync(
    join(root, 'orchestrator_config.json'),
    JSON.stringify({ docsPath: './docs', logsDir: './logs', stateFile: './orchestrator_state.json' }),
  )
  const files: string[] = []
  for (let folder = 0; folder < FOLDERS; folder++) {
    const path = join(root, 'logs', dayName(folder))
    mkdirSync(path)
    for (let i = 0; i < FILES / FOLDERS; i++) {
      files.push(join(path, `run-${String(i).padStart(5, '0')}.log`))
      writeFileSync(files.at(-1)!, `${folder} ${i}\n`)
    }
  }
  execFileSync(ORCHIVE, ['workspace', 'add', root, '--name', 'wide', '--home', home], { stdio: 'ignore' })
  const backUp = () => {
    const events = execFileSync(ORCHIVE, ['backup', '--json', '--home', home], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return (JSON.parse(events.trim().split('\n').at(-1)!) as { archiveId: string }).archiveId
  }
  backUp()
  return { home, files, backUp }
}

/** Name of a folder of its logs, 0 to `FOLDERS` − 1. */
export const dayName = (folder: number) => `day-${String(folder).padStart(3, '0')}`
