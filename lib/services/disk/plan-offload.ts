/**
 * The plan of an offload: which files leave, why the others stay, what is found nowhere else, the space now and after, and a digest that a
 * run must meet again. Planning changes nothing and opens no file.
 */
import { provenCopiesOf } from '#db/catalog/queries/proven-copies.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { isAppError } from '#lib/base/errors.ts'
import { type OffloadGroup, type OffloadPlan, type OffloadPolicy, type StaysReason, StaysReasonSchema } from '#lib/contracts/disk.ts'
import type { Finding } from '#lib/engine/finding.ts'
import { type ChosenFile, chooseFiles, PlanDigest } from '#lib/engine/offload/choose-files.ts'
import { FileGroups, groupNameOf } from '#lib/engine/offload/file-groups.ts'
import type { Resolution } from '#lib/engine/workspace/resolved-item.ts'
import { probeOpenFiles } from '#lib/orchestrator/probe-open-files.ts'
import { viewLimit } from '#lib/orchestrator/process-table.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { resolveNow } from '../workspaces/resolve.ts'
import { fileSystemOf } from './file-system.ts'
import { interruptedOffloads } from './interrupted-offloads.ts'

/** A plan with what carries it out. */
export interface PreparedOffload {
  plan: OffloadPlan
  resolution: Resolution
  /** In archive order. */
  chosen: ChosenFile[]
}

const NOTHING = { archives: 0, newestMs: null, isStored: false }

/** What an offload by this policy would do right now. */
export async function planOffload(
  ctx: ServiceContext,
  workspace: WorkspaceRecord,
  policy: OffloadPolicy,
  signal?: AbortSignal,
): Promise<PreparedOffload> {
  requireRight(ctx, 'list')
  const resolution = await resolveNow(ctx, workspace)
  const open = probeOpenFiles()
  const tally = new OffloadTally(ctx, workspace, policy, resolution)
  const problems: Finding[] = [...interruptedOffloads(ctx, workspace), ...unseenProblems(open.unseen)]
  chooseFiles({
    root: workspace.root,
    configPath: workspace.configPath,
    resolution,
    policy,
    nowMs: ctx.clock.realNowMs(),
    isOpen: open.isOpen,
    onFile: (file, stays) => tally.see(file, stays),
    onProblem: (problem) => problems.push(problem),
    signal,
  })
  const { chosen, neededBytes, ...rest } = tally.finish()
  const plan: OffloadPlan = {
    workspaceId: workspace.id,
    policy,
    plannedAt: new Date(ctx.clock.realNowMs()).toISOString(),
    ...rest,
    ...spaceOfPlan(workspace, resolution, chosen, neededBytes),
    unseenProcesses: open.unseen,
    problems,
  }
  return { plan, resolution, chosen }
}

/** Who may hold files open without being seen. */
function unseenProblems(unseen: number | null): Finding[] {
  const limit = viewLimit()
  const warn = (message: string): Finding => ({ severity: 'warning', code: 'open_files_unknown', path: null, message })
  if (unseen === null) return [warn('Which files are open cannot be seen on this system.')]
  if (unseen > 0) {
    return [
      warn(`${unseen} processes of other users could not be looked into; whether they hold files open is unknown. Run it as root to see.`),
    ]
  }
  return limit === null ? [] : [warn(`Whether other processes hold files open is unknown: ${limit}.`)]
}

/** Adds a plan up, file by file. */
class OffloadTally {
  private readonly chosen: ChosenFile[] = []
  /** What the repository does not hold yet. */
  private neededBytes = 0
  private readonly files: OffloadPlan['files'] = []
  private readonly stays: OffloadPlan['stays']
  private readonly totals = { files: 0, bytes: 0, onlyCopyFiles: 0, onlyCopyBytes: 0 }
  private readonly items = new Map<string, OffloadPlan['items'][number]>()
  private readonly groups = new Map<string, FileGroups<OffloadGroup>>()
  private readonly digest: PlanDigest
  private readonly copiesOf: ReturnType<typeof provenCopiesOf>
  private readonly policy: OffloadPolicy
  private readonly resolution: Resolution

  constructor(ctx: ServiceContext, workspace: WorkspaceRecord, policy: OffloadPolicy, resolution: Resolution) {
    this.policy = policy
    this.resolution = resolution
    this.digest = new PlanDigest(workspace.id, policy)
    this.copiesOf = copiesFromCatalog(ctx, workspace)
    this.stays = Object.fromEntries(StaysReasonSchema.options.map((reason) => [reason, { files: 0, bytes: 0 }])) as OffloadPlan['stays']
  }

  see(file: ChosenFile, stays: StaysReason | null): void {
    const { path, itemKey, stat } = file
    const copies = stays === null ? this.copiesOf({ path, sizeBytes: stat.size, mtimeNs: stat.mtimeNs }) : NOTHING
    const reason = stays === null && copies.archives < this.policy.inArchives ? 'not-archived' : stays
    const group = this.count(file)
    if (reason !== null) {
      this.stays[reason].files++
      this.stays[reason].bytes += stat.size
      return
    }
    const mtime = isoOf(Number(stat.mtimeNs / 1_000_000n))
    const archivedAt = copies.newestMs === null ? null : isoOf(copies.newestMs)
    this.digest.add(file)
    this.chosen.push(file)
    this.files.push({ path, itemKey, sizeBytes: stat.size, mtime, archives: copies.archives, archivedAt })
    this.totals.files++
    this.totals.bytes += stat.size
    if (!copies.isStored) this.neededBytes += stat.size
    addLeaving(group, { files: 1, bytes: stat.size, onlyCopies: copies.archives === 0 ? 1 : 0, lastWrittenAt: mtime, archivedAt })
    const item = this.items.get(itemKey)!
    item.leavesFiles++
    item.leavesBytes += stat.size
    if (copies.archives > 0) return
    this.totals.onlyCopyFiles++
    this.totals.onlyCopyBytes += stat.size
  }

  finish(): Pick<OffloadPlan, 'digest' | 'totals' | 'items' | 'groups' | 'files' | 'stays'> & {
    chosen: ChosenFile[]
    neededBytes: number
  } {
    const { chosen, neededBytes, files, stays, totals } = this
    const groups = [...this.groups.values()].flatMap((each) => each.list())
    return { digest: this.digest.finish(), totals, items: [...this.items.values()], groups, files, stays, chosen, neededBytes }
  }

  /** Counts a file in its item and group, whether it leaves or not. */
  private count({ path, itemKey, stat }: ChosenFile): OffloadGroup {
    const { label, archiveName } = this.resolution.items.find(({ key }) => key === itemKey)!
    let item = this.items.get(itemKey)
    if (!item) this.items.set(itemKey, (item = { key: itemKey, label, files: 0, bytes: 0, leavesFiles: 0, leavesBytes: 0 }))
    item.files++
    item.bytes += stat.size
    let groups = this.groups.get(itemKey)
    if (!groups) this.groups.set(itemKey, (groups = new FileGroups((name) => emptyGroup(itemKey, name), foldGroup)))
    const group = groups.of(groupNameOf(path, archiveName!))
    group.files++
    group.bytes += stat.size
    return group
  }
}

function emptyGroup(itemKey: string, name: string): OffloadGroup {
  const nothing = { leavesFiles: 0, leavesBytes: 0, onlyCopyFiles: 0, lastWrittenAt: null, archivedAt: null }
  return { itemKey, name, files: 0, bytes: 0, isRest: false, ...nothing }
}

interface Leaving {
  files: number
  bytes: number
  onlyCopies: number
  lastWrittenAt: string | null
  archivedAt: string | null
}

function addLeaving(group: OffloadGroup, leaving: Leaving): void {
  group.leavesFiles += leaving.files
  group.leavesBytes += leaving.bytes
  group.onlyCopyFiles += leaving.onlyCopies
  group.lastWrittenAt = later(group.lastWrittenAt, leaving.lastWrittenAt)
  group.archivedAt = later(group.archivedAt, leaving.archivedAt)
}

function foldGroup(into: OffloadGroup, from: OffloadGroup): void {
  into.files += from.files
  into.bytes += from.bytes
  const { leavesFiles: files, leavesBytes: bytes, onlyCopyFiles: onlyCopies, lastWrittenAt, archivedAt } = from
  addLeaving(into, { files, bytes, onlyCopies, lastWrittenAt, archivedAt })
}

const later = (a: string | null, b: string | null) => (a === null || (b !== null && b > a) ? b : a)
const isoOf = (ms: number) => new Date(ms).toISOString()

/** Without a catalog every file counts as found nowhere else: that is what can be said then. */
function copiesFromCatalog(ctx: ServiceContext, { id, repositoryPath }: WorkspaceRecord): ReturnType<typeof provenCopiesOf> {
  try {
    return provenCopiesOf(ctx.catalogDb(), { workspaceId: id, location: repositoryPath, nowMs: ctx.clock.nowMs() })
  } catch (error) {
    if (isAppError(error) && error.code === 'catalog_missing') return () => NOTHING
    throw error
  }
}

/** Space now and after. What no archive of the repository holds yet is reckoned at its whole size: how well it packs is not known before. */
function spaceOfPlan(
  workspace: WorkspaceRecord,
  resolution: Resolution,
  chosen: readonly ChosenFile[],
  neededBytes: number,
): Pick<OffloadPlan, 'space' | 'repository'> {
  const store = fileSystemOf(workspace.repositoryPath)
  const systems = new Map<string, OffloadPlan['space'][number]>()
  for (const { itemKey, stat } of chosen) {
    const device = String(stat.dev)
    let system = systems.get(device)
    if (!system) {
      const seen = fileSystemOf(resolution.items.find(({ key }) => key === itemKey)!.rawPath!)
      const { mountPath = '', totalBytes = null, freeBytes = null } = seen ?? {}
      const archiveBytes = store?.device === device ? neededBytes : 0
      systems.set(device, (system = { device, mountPath, totalBytes, freeBytes, leavesBytes: 0, archiveBytes, freeAfterBytes: null }))
    }
    system.leavesBytes += stat.size
  }
  const space = [...systems.values()].map((system) => ({
    ...system,
    freeAfterBytes: system.freeBytes === null ? null : system.freeBytes + system.leavesBytes - system.archiveBytes,
  }))
  return { space, repository: { path: workspace.repositoryPath, freeBytes: store?.freeBytes ?? null, neededBytes } }
}
