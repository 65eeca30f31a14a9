/**
 * One backup by the engine alone, without CLI and catalog: `node bench/engine-backup.ts ROOT HOME [--rescan]`. HOME keeps the repository and the
 * stat cache between runs. Prints wall time of the work and of the whole process so far, peak memory, and what was stored.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '#lib/base/clock.ts'
import { runBackup } from '#lib/engine/backup/run-backup.ts'
import { initRepository, openRepository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { readConfig } from '#lib/engine/workspace/read-config.ts'
import { resolveItems } from '#lib/engine/workspace/resolve-items.ts'

const [root, home, ...flags] = process.argv.slice(2)
if (!root || !home) throw new Error('usage: engine-backup.ts ROOT HOME [--rescan]')
const startedMs = performance.now()
const folder = join(home, 'repository')
const isNew = !existsSync(join(folder, 'repository.json'))
const storage = openLocalStorage(folder, { create: isNew })
const repository = isNew ? await initRepository(storage, new Date(systemClock.nowMs()).toISOString()) : await openRepository(storage)
const configPath = join(root, 'orchestrator_config.json')
const { manifest, filesRead } = await runBackup({
  repository,
  workspace: { id: 'ws_0000000000000001', name: 'bench', root, configPath, maps: [], extraItems: [] },
  resolution: resolveItems({ root, configPath, config: readConfig(configPath), repositoryPath: folder }),
  series: 'ser_0000000000000001',
  kind: 'backup',
  note: null,
  actor: 'bench',
  tool: 'bench',
  rescan: flags.includes('--rescan'),
  statCachePath: join(home, 'stat-cache.bin'),
  clock: systemClock,
})
repository.close()
const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))
console.log(
  JSON.stringify({
    workMs: Math.round(performance.now() - startedMs),
    processMs: Math.round(performance.now()),
    cpuMs: Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1000),
    peakMb: Math.round(Number(peak?.[1]) / 1024),
    filesRead,
    storedMb: manifest.totals.storedBytes / 1e6,
    files: manifest.totals.files,
    entries: manifest.totals.entries,
    contentMb: manifest.totals.contentBytes / 1e6,
    findings: manifest.findings.length,
  }),
)
