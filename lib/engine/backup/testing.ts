/** For tests: a workspace with a repository and a stat cache, archived by the engine alone. */
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemClock } from '#lib/base/clock.ts'
import { newSeriesId, newWorkspaceId } from '#lib/base/ids.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import type { Entry } from '../entry.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Repository, SlotForMaster } from '../repository/repository.ts'
import type { BackupInput, BackupOutcome } from './backup-input.ts'
import { runBackup } from './run-backup.ts'

export interface BackupBench {
  root: string
  repository: Repository
  repositoryPath: string
  statCachePath: string
  /** Input of a backup, for what `take` does not cover. */
  input(overrides?: Partial<BackupInput>): BackupInput
  take(overrides?: Partial<BackupInput>): Promise<BackupOutcome>
  /** Writes a file below the root, dated an hour ago so that its stamp is believed (its ctime is not: see `settle`). */
  write(path: string, content: string | Uint8Array): void
  at(path: string): string
  entries(manifest: Manifest): Promise<Map<string, Entry>>
  content(entry: Entry): Promise<Buffer>
  remove(): void
}

const HOUR_S = 3600

/** With slots the repository is sealed. */
export async function makeBackupBench(config?: Record<string, unknown>, slots: SlotForMaster[] = []): Promise<BackupBench> {
  const workspace = await makeBackedUpWorkspace({ ...(config ? { config } : {}), slots })
  const { folder, root, repository, repositoryPath } = workspace
  const series = newSeriesId()
  const id = newWorkspaceId()
  const statCachePath = join(folder, 'stat-cache', `${id}.bin`)
  const at = (path: string) => join(root, path)
  const input = (overrides: Partial<BackupInput> = {}): BackupInput => ({
    repository,
    workspace: { id, name: 'bench', root, configPath: at('orchestrator_config.json'), maps: [], extraItems: [] },
    resolution: workspace.resolve(),
    series,
    kind: 'backup',
    note: null,
    actor: 'test',
    tool: 'test',
    rescan: false,
    statCachePath,
    clock: settledClock,
    ...overrides,
  })
  return {
    root,
    repository,
    repositoryPath,
    statCachePath,
    input,
    at,
    take: (overrides) => runBackup(input(overrides)),
    write: (path, content) => {
      mkdirSync(dirname(at(path)), { recursive: true })
      writeFileSync(at(path), content)
      const then = systemClock.realNowMs() / 1000 - HOUR_S
      utimesSync(at(path), then, then)
    },
    entries: async (manifest) => {
      const entries = new Map<string, Entry>()
      for await (const entry of repository.entriesOf(manifest)) entries.set(entry.path, entry)
      return entries
    },
    content: async (entry) => {
      const bodies = await Promise.all(entry.frames.slice(1).map((frame) => repository.frame(frame)))
      return Buffer.concat(bodies).subarray(0, entry.sizeBytes)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The machine's clock, but file stamps count as taken a minute later: a test need not wait for its files to settle. */
export const settledClock = { ...systemClock, realNowMs: () => systemClock.realNowMs() + 60_000 }
