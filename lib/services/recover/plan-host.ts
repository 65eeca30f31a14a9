import { existsSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { jsonObject, parseJsonText } from '#lib/base/json-text.ts'
import type { HostPlan } from '#lib/contracts/host.ts'
import type { JsonObject } from '#lib/engine/compare/json/json-value.ts'
import type { Finding } from '#lib/engine/finding.ts'
import { relocate } from '#lib/engine/recover/relocate.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { findEntry } from '#lib/engine/restore/chosen-paths.ts'
import { readContent } from '#lib/engine/verify/read-content.ts'
import { CONFIG_ITEM_KEY } from '#lib/engine/workspace/item-keys.ts'
import { type PathMap, placeOf } from '#lib/engine/workspace/map-path.ts'
import { MAX_CONFIG_BYTES } from '#lib/engine/workspace/read-config.ts'
import { resolveItems } from '#lib/engine/workspace/resolve-items.ts'
import type { ResolvedItem } from '#lib/engine/workspace/resolved-item.ts'
import type { ServiceContext } from '../context.ts'
import type { ChosenArchive } from './choose-archive.ts'
import { digestOfHostPlan } from './host-digest.ts'
import { holdsOneOf, isFreeBut } from './is-free-but.ts'
import { volumesOf } from './room.ts'

export interface PlanHostInput {
  /** Where the workspace goes, absent or empty; null = where it lay, by the maps. */
  root: string | null
  maps: PathMap[]
  /** Write the new paths into the config; else path maps are registered. */
  rewriteConfig: boolean
  /** Keys of items that stay in the archive; the config is never one of them. */
  leaveOut: readonly string[]
  /** Keys that this archive has not are none of its business: they are meant for another workspace. */
  isLeaveOutShared?: boolean
}

export interface PlannedHost {
  plan: Omit<HostPlan, 'restore' | 'steps' | 'backupsGoTo'>
  manifest: Manifest
  /** The config as it would lie there. */
  config: { archiveName: string; content: Buffer; isChanged: boolean }
}

/** Where everything of an archive would go under another root. Throws when the root cannot take it, or the config would point into something live. */
export async function planHost(
  ctx: ServiceContext,
  repository: Repository,
  { archiveId, grade, isSuspect }: Pick<ChosenArchive, 'archiveId' | 'grade' | 'isSuspect'>,
  input: PlanHostInput,
): Promise<PlannedHost> {
  const reader = await repository.reader(archiveId)
  const { manifest } = reader
  const root = input.root === null ? placeOf(manifest.root, '/', input.maps).path : resolve(input.root)
  assertRootIsNobodys(ctx, root, manifest)
  const item = manifest.items.find(({ key }) => key === CONFIG_ITEM_KEY)
  const entry = item?.archiveName ? await findEntry(reader, item.archiveName) : null
  if (!item?.archiveName || entry?.type !== 'file') {
    throw new AppError('archive_unknown', {
      message: `${archiveId} holds no config, so nobody can say where its items belong.`,
      hint: 'Choose another archive, or restore its files with `orchive restore ARCHIVE --target DIR`.',
    })
  }
  const text = (await readContent(reader, entry, MAX_CONFIG_BYTES)).toString('utf8')
  const json = parseConfig(text, archiveId)
  const leftOut = leftOutOf(manifest, input)
  const maps = [
    ...input.maps,
    { from: manifest.root, to: root },
    ...manifest.maps.map(({ from, to }) => ({ from, to: moved(to, manifest.root, root) })),
  ]
  const { changes, json: rewritten } = relocate(json, Object.keys(manifest.configPaths), maps)
  const configPath = moved(manifest.configPath, manifest.root, root)
  const isChanged = input.rewriteConfig && changes.length > 0
  const content = Buffer.from(isChanged ? `${JSON.stringify(rewritten, null, 2)}\n` : text)
  assertRootIsFree(root, configPath, [content, Buffer.from(text)])
  const inForce = input.rewriteConfig ? input.maps : maps
  const { items } = resolveItems({
    root,
    configPath,
    config: { json: input.rewriteConfig ? rewritten : json, lines: new Map(), findings: [] },
    maps: inForce,
    extraItems: manifest.extraItems,
  })
  const comeBack = items.filter(({ key }) => !leftOut.has(key))
  const problems = pointsElsewhere(ctx, root, comeBack, manifest)
  const plan = {
    workspaceId: manifest.workspaceId,
    workspace: manifest.workspaceName,
    repositoryPath: repository.storage.location,
    archiveId,
    createdAt: manifest.createdAt,
    grade,
    isSuspect,
    oldRoot: manifest.root,
    root,
    configPath,
    rewrites: changes,
    isRewriting: input.rewriteConfig,
    maps: inForce.filter(({ from, to }) => from !== to),
    items: manifest.items.map(({ key, label, archiveName, files, contentBytes }) => ({
      key,
      label,
      path: archiveName === null ? null : (items.find((item) => item.key === key)?.path ?? null),
      files,
      contentBytes,
      isLeftOut: leftOut.has(key),
      mayBeLeftOut: key !== CONFIG_ITEM_KEY && archiveName !== null && files > 0,
    })),
    contentBytes: manifest.items.reduce((sum, { key, contentBytes }) => (leftOut.has(key) ? sum : sum + contentBytes), 0),
    problems,
  }
  return {
    manifest,
    config: { archiveName: item.archiveName, isChanged, content },
    plan: { ...plan, volumes: volumesOf([plan]), digest: digestOfHostPlan(plan) },
  }
}

/** The keys of items that stay in the archive; throws `invalid_input` for one that it has not, for the config, and when nothing else would come back. */
function leftOutOf({ items }: Manifest, { leaveOut, isLeaveOutShared = false }: PlanHostInput): ReadonlySet<string> {
  const others = items.filter(({ key, archiveName, files }) => key !== CONFIG_ITEM_KEY && archiveName !== null && files > 0)
  const keys = isLeaveOutShared ? leaveOut.filter((key) => key === CONFIG_ITEM_KEY || others.some((item) => item.key === key)) : leaveOut
  const wrong = keys.find((key) => !others.some((item) => item.key === key))
  const known = others.map(({ key }) => key).join(', ')
  if (wrong === CONFIG_ITEM_KEY)
    throw new AppError('invalid_input', {
      message: 'The config says where everything goes, so it cannot be left out.',
      hint: `What can be: ${known}.`,
    })
  if (wrong !== undefined)
    throw new AppError('invalid_input', { message: `The archive holds no item “${wrong}”.`, hint: `What can be left out: ${known}.` })
  if (keys.length > 0 && others.every(({ key }) => keys.includes(key)))
    throw new AppError('invalid_input', {
      message: 'Everything is left out, so there is nothing to bring back.',
      hint: 'Keep one item, or restore single files with `orchive restore ARCHIVE --target DIR`.',
    })
  return new Set(keys)
}

function assertRootIsNobodys(ctx: ServiceContext, root: string, manifest: Manifest): void {
  const live = listWorkspaces(ctx.consoleDb).find(({ id, root: other }) => id !== manifest.workspaceId && isInside(root, other))
  if (live) {
    throw new AppError('target_unusable', {
      message: `${root} lies in the workspace ${live.name}.`,
      hint: 'Choose a folder of its own.',
    })
  }
}

/** What a run that was cut off had put there does not count: the very config that would go there now, and empty folders. */
function assertRootIsFree(root: string, configPath: string, configs: readonly Buffer[]): void {
  if (isFreeBut(root, configPath, configs)) return
  throw new AppError('target_not_empty', {
    message: `${root} is not empty.`,
    hint: 'A full host restore starts from nothing: choose a new folder, or use `orchive restore --in-place` on a workspace that is there.',
    context: { path: root, holdsConfig: holdsOneOf(configPath, configs) },
  })
}

/** Items that would lie outside the new root where something lies already: another workspace's, most likely. */
function pointsElsewhere(ctx: ServiceContext, root: string, items: readonly ResolvedItem[], manifest: Manifest): Finding[] {
  const problems: Finding[] = []
  for (const { key, label, path } of items) {
    if (path === null || isInside(path, root)) continue
    const owner = listWorkspaces(ctx.consoleDb).find(({ id, root: other }) => id !== manifest.workspaceId && isInside(path, other))
    if (owner || existsSync(path)) {
      throw new AppError('target_unusable', {
        message: `${label} would go to ${path}, which ${owner ? `is of the workspace ${owner.name}` : 'is there already'}.`,
        hint: `Say where it belongs with --map FROM=TO, and write it into the config with --rewrite-config; or leave it out with --leave-out ${key}.`,
        context: { path },
      })
    }
    problems.push({
      severity: 'info',
      code: 'item_outside',
      path,
      message: `${label} goes to ${path}, outside ${root}, as the config says.`,
    })
  }
  return problems
}

function parseConfig(text: string, archiveId: ArchiveId): JsonObject {
  try {
    const config = jsonObject(parseJsonText(text))
    if (config) return config as JsonObject
  } catch {
    // Said below.
  }
  throw new AppError('config_invalid', { message: `The config in ${archiveId} is not a JSON object.`, hint: 'Choose an older archive.' })
}

/** A path below the old root as it is below the new one. */
export function moved(path: string, oldRoot: string, root: string): string {
  return isInside(path, oldRoot) ? join(root, relative(oldRoot, path)) : path
}

/** Whether a path is a folder or lies in it. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || (!way.startsWith('..') && !isAbsolute(way))
}
