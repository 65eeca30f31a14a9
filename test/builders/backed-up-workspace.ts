import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#lib/base/clock.ts'
import { newSeriesId, newWorkspaceId } from '#lib/base/ids.ts'
import { runBackup } from '#lib/engine/backup/run-backup.ts'
import type { ArchiveKind, Manifest } from '#lib/engine/repository/manifest.ts'
import { initRepository, type Repository, type SlotForMaster } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { discoverConfig } from '#lib/engine/workspace/discover-config.ts'
import { readConfig } from '#lib/engine/workspace/read-config.ts'
import { resolveItems } from '#lib/engine/workspace/resolve-items.ts'
import type { Resolution } from '#lib/engine/workspace/resolved-item.ts'

/** A workspace in a temporary folder with a repository beside it. */
export interface BackedUpWorkspace {
  /** Holds both; remove it at the end. */
  folder: string
  root: string
  repositoryPath: string
  repository: Repository
  /** What the config means right now. */
  resolve(): Resolution
  /** Takes an archive; into a copy of the repository when one is given. */
  backUp(kind?: ArchiveKind, into?: Repository): Promise<Manifest>
}

const CONFIG = { docsPath: './docs', logsDir: './logs', stateFile: './orchestrator_state.json', knowledgePackDir: './knowledge-packs' }

/** An empty workspace: a config (the usual keys unless given) and nothing else. `root` is made unless it is given; with slots the repository is sealed. */
export async function makeBackedUpWorkspace(
  options: { config?: Record<string, unknown>; root?: string; slots?: SlotForMaster[] } = {},
): Promise<BackedUpWorkspace> {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-'))
  const root = options.root ?? join(folder, 'ws')
  const repositoryPath = join(folder, 'repository')
  mkdirSync(root, { recursive: true })
  if (!options.root) writeFileSync(join(root, 'orchestrator_config.json'), JSON.stringify(options.config ?? CONFIG, null, 2))
  const repository = await initRepository(
    openLocalStorage(repositoryPath, { create: true }),
    new Date(systemClock.realNowMs()).toISOString(),
    options.slots,
  )
  const workspace = { id: newWorkspaceId(), name: 'test', root, maps: [], extraItems: [] }
  const series = newSeriesId()
  const resolve = () => {
    const { configPath } = discoverConfig({ root })
    return resolveItems({ root, configPath, config: readConfig(configPath) })
  }
  const backUp = async (kind: ArchiveKind = 'backup', into = repository) => {
    const { manifest } = await runBackup({
      repository: into,
      workspace: { ...workspace, configPath: discoverConfig({ root }).configPath },
      resolution: resolve(),
      series: kind === 'backup' ? series : newSeriesId(),
      kind,
      note: null,
      actor: 'test',
      tool: 'test',
      rescan: false,
      statCachePath: null,
      clock: systemClock,
    })
    return manifest
  }
  return { folder, root, repositoryPath, repository, resolve, backUp }
}
