/**
 * Which files may leave the live disk. Invariants kept here, whatever the policy says: nothing of a critical item, nothing that the config
 * names by itself, nothing from a folder that holds the workspace, no file that was written within the last minutes, that a process holds
 * open, that has several names, or that a symlink beside it leads to.
 */
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Finding } from '../finding.ts'
import { folderOfRaw, fsPath, isWithinRaw, joinRaw, type RawPath, rawOfBytes, rawOfString, rawOfText } from '../raw-path.ts'
import { type OffloadRule, offloadRuleOf } from '../workspace/item-keys.ts'
import { canonicalPath } from '../workspace/look-at-path.ts'
import type { Resolution, ResolvedItem } from '../workspace/resolved-item.ts'
import { type WalkEntry, type WalkStat, walkItems } from '../workspace/walk.ts'

export interface OffloadPolicy {
  olderThanDays: number
  keepPacks: number | null
  keepPackDays: number | null
}

/** A file with the identity that it must still have when it is deleted. */
export interface ChosenFile {
  /** Archive path. */
  path: string
  itemKey: string
  stat: WalkStat
}

/** Why a file stays. */
export type Stays = 'young' | 'recent-pack' | 'fresh' | 'open' | 'several-names' | 'linked-to' | 'named-by-config' | 'empty'

export interface ChooseInput {
  root: string
  configPath: string
  resolution: Pick<Resolution, 'items' | 'offers' | 'configPaths'>
  policy: OffloadPolicy
  /** The real clock: file times are never simulated. */
  nowMs: number
  isOpen(dev: bigint, ino: bigint): boolean
  /** Hears of every file that the runbook is about; `stays` null = it is chosen. Chosen files come in archive order within their item. */
  onFile(file: ChosenFile, stays: Stays | null): void
  onProblem(problem: Finding): void
  signal?: AbortSignal | undefined
}

/** A file written within this time is still being worked with. */
export const FRESH_MS = 10 * 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** Looks at every file of the items whose files may leave, and tells of each whether it is chosen. Opens nothing. */
export function chooseFiles(input: ChooseInput): void {
  for (const { item, rule } of offloadable(input)) {
    const protectedPaths = protectedWithin(item, input)
    const looks = lookThrough(item, protectedPaths, input)
    if (rule === 'by-age') for (const file of looks.files) input.onFile(file, looks.staysAnyway(file) ?? staysByAge(file, input))
    else chooseOldPacks(looks, input)
  }
}

/** SHA-256 over what is done to which files: the policy, and each file with its identity. */
export class PlanDigest {
  private readonly hash = createHash('sha256')

  constructor(workspaceId: string, policy: object) {
    this.hash.update(`${workspaceId}\n${JSON.stringify(policy)}\n`)
  }

  add({ path, stat }: ChosenFile): void {
    this.hash.update(`${path}\t${stat.dev}\t${stat.ino}\t${stat.size}\t${stat.mtimeNs}\t${stat.ctimeNs}\n`)
  }

  finish(): string {
    return this.hash.digest('hex')
  }
}

/** The moment before which a file is older than so many days. By the hour, so that a plan under review stands still. */
export function cutoffMs(nowMs: number, days: number): number {
  return Math.floor(nowMs / HOUR_MS) * HOUR_MS - days * DAY_MS
}

/** Items whose files may leave at all. */
function offloadable(input: ChooseInput): { item: ResolvedItem; rule: OffloadRule }[] {
  return input.resolution.items.flatMap((item) => {
    const rule = offloadRuleOf(item.key)
    if (rule === null || item.kind !== 'folder' || item.rawPath === null || item.archiveName === null) return []
    const why = whyNothingLeaves(item, rule, input)
    if (why === null) return [{ item, rule }]
    const message = `${why}, so nothing of it is offloaded.`
    input.onProblem({ severity: 'info', code: 'offload_left_alone', path: item.path, message })
    return []
  })
}

/** Why a whole item stays; null = its files may leave. */
function whyNothingLeaves(item: ResolvedItem, rule: OffloadRule, { root, configPath }: ChooseInput): string | null {
  if (item.importance === 'critical') return `${item.label} (${item.path}) counts as critical`
  const other = item.alsoKeys.find((key) => offloadRuleOf(key) !== rule)
  if (other !== undefined) return `${item.path} is ${item.label} and \`${other}\` at once`
  const folder = item.rawPath!.toString('latin1')
  const inside = [root, configPath].find((path) => isWithinRaw(canonicalPath(rawOfString(resolve(path))), folder))
  return inside === undefined ? null : `${item.path} (${item.label}) holds ${inside} itself`
}

/** Paths below an item that another key of the config names, also where nothing is right now. */
function protectedWithin(item: ResolvedItem, { resolution }: ChooseInput): RawPath[] {
  const folder = item.rawPath!.toString('latin1')
  const named = [...Object.values(resolution.configPaths), ...resolution.offers.map(({ path }) => path)]
  const raws = named.map((path) => rawOfText(path)).filter((path) => path !== null)
  return [...new Set(raws)].filter((path) => path !== folder && isWithinRaw(path, folder))
}

interface Looks {
  files: ChosenFile[]
  /** Why a file stays whatever its age; null = nothing speaks for it. */
  staysAnyway(file: ChosenFile): Stays | null
}

function lookThrough(item: ResolvedItem, protectedPaths: RawPath[], input: ChooseInput): Looks {
  const files: ChosenFile[] = []
  const named = new Set<string>()
  const linkedTo = new Set<RawPath>()
  const folder = item.rawPath!.toString('latin1')
  for (const entry of walkItems([item])) {
    input.signal?.throwIfAborted()
    if (entry.type === 'symlink') linkedTo.add(targetOf(entry) ?? '')
    if (entry.problem !== null && entry.problem.severity !== 'info') input.onProblem(entry.problem)
    if (entry.type !== 'file' || entry.stat === null) continue
    files.push({ path: entry.path, itemKey: entry.itemKey, stat: entry.stat })
    if (protectedPaths.length === 0) continue
    const raw = entry.raw.toString('latin1')
    if (protectedPaths.some((path) => isWithinRaw(raw, path))) named.add(entry.path)
  }
  return {
    files,
    staysAnyway: ({ path, stat }) => {
      if (named.has(path)) return 'named-by-config'
      if (stat.nlink > 1) return 'several-names'
      if (linkedTo.size > 0 && linkedTo.has(joinRaw(folder, rawOfText(path.slice(item.archiveName!.length + 1)) ?? ''))) return 'linked-to'
      if (input.nowMs - mtimeMs(stat) < FRESH_MS) return 'fresh'
      if (input.isOpen(stat.dev, stat.ino)) return 'open'
      return stat.size === 0 ? 'empty' : null
    },
  }
}

/** Where a symlink leads in the end; null when nothing is there. */
function targetOf(link: WalkEntry): RawPath | null {
  try {
    return rawOfBytes(realpathSync.native(fsPath(link.raw.toString('latin1')), { encoding: 'buffer' }))
  } catch {
    return null
  }
}

function staysByAge({ stat }: ChosenFile, { policy, nowMs }: ChooseInput): Stays | null {
  return mtimeMs(stat) < cutoffMs(nowMs, policy.olderThanDays) ? null : 'young'
}

/** Packs leave only by a rule that was given, and stay when either rule keeps them. */
function chooseOldPacks({ files, staysAnyway }: Looks, input: ChooseInput): void {
  const { keepPacks, keepPackDays } = input.policy
  const newest = [...files].sort((a, b) => (a.stat.mtimeNs < b.stat.mtimeNs ? 1 : -1))
  const kept = new Set(keepPacks === null ? [] : newest.slice(0, keepPacks))
  const isRuled = keepPacks !== null || keepPackDays !== null
  for (const file of files) {
    const isRecent = !isRuled || kept.has(file) || (keepPackDays !== null && mtimeMs(file.stat) >= cutoffMs(input.nowMs, keepPackDays))
    input.onFile(file, staysAnyway(file) ?? (isRecent ? 'recent-pack' : null))
  }
}

const mtimeMs = (stat: WalkStat) => Number(stat.mtimeNs / 1_000_000n)

/** The paths of a selection and of the folders on the way to them: what an archive of exactly these files holds. */
export function pathsOf(files: readonly Pick<ChosenFile, 'path'>[]): Set<string> {
  const paths = new Set<string>()
  for (const { path } of files) {
    paths.add(path)
    for (let folder = folderOfRaw(path); folder !== '' && !paths.has(folder); folder = folderOfRaw(folder)) paths.add(folder)
  }
  return paths
}
