import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ORCHIVE = join(import.meta.dirname, '../bin/orchive')
const FOLDERS = 20
const FILES = 500

/** What was written beside. */
export interface Written {
  /** Backups that were begun; the last one may have been stopped. */
  begun: number
  /** Those that came to their end. */
  backups: number
}

/** Backs a workspace of 10,000 files up again and again, reading all of them, as the console's own jobs do; of the same home, so of the same catalog. */
export function startWriter(home: string, folder: string): { stop(): Promise<Written> } {
  const root = join(folder, 'busy')
  if (!existsSync(root)) makeBusyWorkspace(root, home)
  const written: Written = { begun: 0, backups: 0 }
  let child: ChildProcess | null = null
  let isOver = false
  const run = async () => {
    while (!isOver) {
      touch(root, written.begun++)
      const code = await new Promise<number | null>((resolve) => {
        child = spawn('nice', ['-n', '10', ORCHIVE, 'backup', 'busy', '--rescan', '--wait', '600', '--home', home], { stdio: 'ignore' })
        child.on('close', resolve)
      })
      if (code === 0) written.backups++
      else if (!isOver) throw new Error(`The backup beside ended with ${code}.`)
    }
  }
  // A failure is told by `stop`: the bench then still ends its console.
  let failure: unknown = null
  const running = run().catch((error: unknown) => {
    failure = error
  })
  return {
    async stop() {
      isOver = true
      child?.kill('SIGTERM')
      await running
      if (failure) throw failure
      return written
    },
  }
}

function makeBusyWorkspace(root: string, home: string): void {
  mkdirSync(join(root, 'logs'), { recursive: true })
  writeFileSync(join(root, 'orchestrator_state.json'), '{}')
  writeFileSync(join(root, 'orchestrator_config.json'), JSON.stringify({ logsDir: './logs', stateFile: './orchestrator_state.json' }))
  for (let folder = 0; folder < FOLDERS; folder++) {
    const path = join(root, 'logs', `day-${folder}`)
    mkdirSync(path)
    for (let n = 0; n < FILES; n++) writeFileSync(join(path, `busy-${n}.log`), `${folder} ${n}\n`.repeat(200))
  }
  execFileSync(ORCHIVE, ['workspace', 'add', root, '--name', 'busy', '--home', home], { stdio: 'ignore' })
}

/** So that each of them has something to write. */
function touch(root: string, round: number): void {
  for (let n = 0; n < FILES; n++)
    writeFileSync(join(root, 'logs', `day-${round % FOLDERS}`, `busy-${n}.log`), `${round} ${n}\n`.repeat(210))
}
