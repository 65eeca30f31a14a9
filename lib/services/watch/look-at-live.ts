import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { deleteWatchedFile, listWatchedFiles, putWatchedFile, type WatchedFileRecord } from '#db/console/tables/watched-files.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { isAppError } from '#lib/base/errors.ts'
import { textToBytes } from '#lib/base/path-text.ts'
import type { WatchedFile } from '#lib/contracts/overview.ts'
import { newestTrusted, readSeriesHistory } from '#lib/engine/backup/series-history.ts'
import { assessState, type StateSight } from '#lib/engine/recover/assess-state.ts'
import type { ItemBaseline } from '#lib/engine/repository/manifest.ts'
import { CONFIG_ITEM, CONFIG_ITEM_KEY, STATE_KEY } from '#lib/engine/workspace/item-keys.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { resolveNow } from '../workspaces/resolve.ts'
import { fileStamp } from './file-stamp.ts'

/** The orchestrator writes its state in place: what looks bad may be half written, and is looked at once more after this long. */
const AGAIN_AFTER_MS = 5000

interface LookOptions {
  signal?: AbortSignal | undefined
  /** Between two looks; five seconds unless a test knows what happens meanwhile. */
  pause?: () => Promise<unknown>
}

/** A file to be looked at; `path` absolute in text form, `name` what findings call it. */
interface Target {
  itemKey: string
  label: string
  path: string
  name: string
}

/**
 * Looks at the critical JSON files that are live as a backup would, and stores what it saw: since when one is damaged, until it is fine again. A change of
 * the verdict goes into the audit log. Reads whole files and may wait; for job processes.
 */
export async function lookAtLive(ctx: ServiceContext, workspace: WorkspaceRecord, options: LookOptions = {}): Promise<WatchedFile[]> {
  requireRight(ctx, 'verify')
  const targets = await targetsOf(ctx, workspace)
  const baselines = await trustedBaselines(ctx, workspace)
  const looks: Look[] = []
  for (const target of targets.files) {
    const look = await lookTwice(ctx, target, baselines, options)
    if (look) looks.push(look)
  }
  return inTransaction(ctx.consoleDb, () => {
    const before = listWatchedFiles(ctx.consoleDb, workspace.id)
    for (const look of looks) keep(ctx, workspace, before.find(({ itemKey }) => itemKey === look.target.itemKey) ?? null, look)
    const known = new Set(targets.files.map(({ itemKey }) => itemKey))
    if (targets.isComplete)
      for (const { itemKey } of before) if (!known.has(itemKey)) deleteWatchedFile(ctx.consoleDb, workspace.id, itemKey)
    return listWatchedFiles(ctx.consoleDb, workspace.id).map(({ stamp: _, ...seen }) => seen)
  })
}

interface Look {
  target: Target
  stamp: string
  sight: Pick<StateSight, 'verdict' | 'findings'>
}

/** The config, the state, and what else is critical and called JSON. A config that says nothing is all there is to look at. */
async function targetsOf(ctx: ServiceContext, workspace: WorkspaceRecord): Promise<{ files: Target[]; isComplete: boolean }> {
  try {
    const { items } = await resolveNow(ctx, workspace)
    const isJson = (key: string, name: string) => key === CONFIG_ITEM_KEY || key === STATE_KEY || /\.json$/i.test(name)
    const files = items.flatMap(({ key, label, importance, kind, path, archiveName }): Target[] => {
      if (importance !== 'critical' || (kind !== 'file' && kind !== 'missing') || path === null) return []
      // A file that is gone has no name in an archive.
      const name = archiveName ?? basename(path)
      return isJson(key, name) ? [{ itemKey: key, label, path, name }] : []
    })
    return { files, isComplete: true }
  } catch (error) {
    if (!isAppError(error) || !error.code.startsWith('config_')) throw error
    const path = workspace.configPath
    return { files: [{ itemKey: CONFIG_ITEM_KEY, label: CONFIG_ITEM.label, path, name: path }], isComplete: false }
  }
}

/** What the last archive that could be trusted measured; null when the repository cannot be asked. */
async function trustedBaselines(ctx: ServiceContext, workspace: WorkspaceRecord): Promise<Record<string, ItemBaseline> | null> {
  try {
    return await withRepository(ctx, workspace.repositoryPath, async (repository) => {
      const { newest } = await readSeriesHistory(repository, workspace.seriesId, {})
      return (await newestTrusted(repository, newest))?.baselines ?? {}
    })
  } catch (error) {
    if (isAppError(error)) return null
    throw error
  }
}

/** What is wrong counts when it still is some seconds later; null when nobody can tell. */
async function lookTwice(
  ctx: ServiceContext,
  target: Target,
  baselines: Record<string, ItemBaseline> | null,
  { signal, pause = () => delay(AGAIN_AFTER_MS, undefined, { signal }) }: LookOptions,
): Promise<Look | null> {
  const before = baselines?.[target.itemKey] ?? null
  const rawPath = Buffer.from(textToBytes(target.path) ?? target.path)
  const once = async (): Promise<Look> => {
    const stamp = await fileStamp(target.path)
    const { verdict, findings } = await assessState({ rawPath, path: target.name, before, clock: ctx.clock, signal })
    return { target, stamp, sight: { verdict, findings } }
  }
  let look = await once()
  if (look.sight.verdict !== 'fine') {
    await pause()
    look = await once()
  }
  // A state that never was is nothing lost, and without a measure of before, what parses may still have lost everything.
  const isNew = look.sight.verdict === 'missing' && before === null && target.itemKey !== CONFIG_ITEM_KEY
  return isNew || (baselines === null && look.sight.verdict === 'fine') ? null : look
}

function keep(ctx: ServiceContext, { id }: WorkspaceRecord, before: WatchedFileRecord | null, { target, stamp, sight }: Look): void {
  const { itemKey, label, path } = target
  const { verdict, findings } = sight
  const now = new Date(ctx.clock.nowMs()).toISOString()
  const isFine = verdict === 'fine'
  const since = isFine ? null : (before?.since ?? now)
  const fineAt = isFine ? now : (before?.fineAt ?? null)
  putWatchedFile(ctx.consoleDb, id, { itemKey, label, path, stamp, verdict, findings, since, fineAt, seenAt: now })
  const was = before?.verdict ?? 'fine'
  if (was === verdict) return
  const object = { kind: 'workspace', id, workspaceId: id }
  if (isFine) record(ctx, 'live.healthy', object, { itemKey, path, was, since: before?.since ?? null })
  else record(ctx, 'live.damaged', object, { itemKey, path, verdict, findings: findings.map(({ message }) => message) })
}
