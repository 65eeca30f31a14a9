/**
 * The plan of a restore: pure, serialisable, a reason a line. Dry run, console and CLI show this same object, and a run refuses when its
 * digest is not the one that was reviewed. Lines are streamed, so a million of them cost no memory here.
 */
import { createHash } from 'node:crypto'
import { statfsSync } from 'node:fs'
import { AppError, type ErrorCode } from '#lib/base/errors.ts'
import { formatCount } from '#lib/base/units.ts'
import type { FrameId } from '../entry.ts'
import type { Finding } from '../finding.ts'
import { fsPath, joinRaw, textOfRaw } from '../raw-path.ts'
import { MOST_LOCATED } from '../repository/indexed-packs.ts'
import { ChosenPaths } from './chosen-paths.ts'
import { type Destinations, resolveDestinations } from './destinations.ts'
import { LiveHashes } from './live-hashes.ts'
import { digestChange, digestLoss, digestOfStake, digestRequest, isChange } from './plan-digest.ts'
import { LinePlanner } from './plan-lines.ts'
import { LossFinder } from './restore-losses.ts'
import {
  type ConflictMode,
  noCounts,
  type PlannedLine,
  type RestoreInput,
  type RestoreLine,
  type RestoreLosses,
  type RestorePlan,
} from './restore-types.ts'
import { SpaceNeed } from './space-need.ts'
import { targetState } from './target-state.ts'

/** Lines that a plan shows; `linesTotal` says how many there are. */
const SHOWN_LINES = 1000
const SHOWN_PROBLEMS = 100
/** Lines of a small plan are kept for its execution. */
const KEPT_LINES = 20_000

/** What a restore would do. Throws `path_unknown`, `path_unsafe`; what the live side forbids stands in `problems`. */
export async function planRestore(input: RestoreInput): Promise<RestorePlan> {
  return (await preparePlan(input)).plan
}

/** Throws the first error that a plan names; a plan that passes may be executed. */
export function assertExecutable(plan: RestorePlan): void {
  const error = plan.problems.find((problem) => problem.severity === 'error')
  if (!error) return
  throw new AppError(error.code as ErrorCode, {
    message: error.message,
    hint: HINTS[error.code] ?? 'Nothing was written.',
    context: { path: error.path, freeBytes: plan.freeBytes, neededBytes: plan.bytesToWrite },
  })
}

/** A plan with what its execution needs beyond the object that people see. */
export interface PreparedPlan {
  plan: RestorePlan
  destinations: Destinations
  conflict: ConflictMode
  /** True when the target is empty or not there: nothing can be overwritten. */
  isFresh: boolean
  /** Files, links and folders to write or change. */
  changes: number
  /** Files to write, with content or as links. */
  files: number
  /** Frames of the content to write; null when they are too many to be looked for. */
  contentFrames: readonly FrameId[] | null
  /** Archive paths that hard links of this restore share their content with. */
  linkTargets: ReadonlySet<string>
  /** Over everything that is done, so that the pass which stages can tell that it plans the same. */
  changesDigest: string
  /** Over which records and paths would be lost: the same as long as the same would be. */
  stake: string
  /** The same lines again, streamed. */
  lines(): AsyncIterable<PlannedLine> | Iterable<PlannedLine>
}

/** Plans a restore and keeps hold of what executes it. */
export async function preparePlan(input: RestoreInput): Promise<PreparedPlan> {
  const chosen = new ChosenPaths(input.paths)
  const conflict = input.conflict ?? (input.target === null ? 'overwrite' : 'fail')
  const target = input.target === null ? null : targetState(input.target)
  const destinations = resolveDestinations(input, chosen)
  const hashes = new LiveHashes(input.signal)
  const newPlanner = () => new LinePlanner({ input, chosen, destinations, conflict, hashes })
  const planner = newPlanner()
  const tally = new Tally(input, destinations)
  digestRequest(tally.request, input, conflict, chosen, destinations)
  if (target?.problem) tally.problems.push(target.problem)
  if (target?.isEmpty === false && conflict === 'fail') tally.problems.push(notEmpty(input.target!))
  // Into an empty target nothing has to be looked at twice.
  let kept: PlannedLine[] | null = target?.isEmpty === true ? [] : null
  for await (const line of planner.lines()) {
    tally.add(line)
    if (kept !== null && kept.push(line) > KEPT_LINES) kept = null
  }
  chosen.requireFound(planner.found, input.manifest.id)
  const { losses, stake } = await tally.losses.finish()
  const plan = tally.finish(input, conflict, planner.problems, input.target === null ? losses : null)
  return {
    plan: input.stopsRuntime ? { ...plan, digest: digestOfStake(tally.request, stake) } : plan,
    stake,
    destinations,
    conflict,
    isFresh: target?.isEmpty === true,
    changes: tally.changes,
    files: tally.files,
    contentFrames: tally.contentFrames,
    linkTargets: tally.linkTargets,
    changesDigest: tally.changed.digest('hex'),
    lines: () => kept ?? newPlanner().lines(),
  }
}

class Tally {
  readonly problems: Finding[] = []
  readonly linkTargets = new Set<string>()
  readonly request = createHash('sha256')
  /** What people review, and what the staging pass compares. */
  readonly reviewed = createHash('sha256')
  readonly changed = createHash('sha256')
  changes = 0
  files = 0
  contentFrames: FrameId[] | null = []
  private readonly destinations: Destinations
  private readonly space: SpaceNeed
  private readonly counts = noCounts()
  private readonly items: { counts: ReturnType<typeof noCounts>; bytesToWrite: number }[]
  private readonly lines: RestoreLine[] = []
  private linesTotal = 0
  private conflicts = 0
  readonly losses: LossFinder

  constructor(input: RestoreInput, destinations: Destinations) {
    this.destinations = destinations
    this.losses = new LossFinder(input, destinations)
    this.space = new SpaceNeed(destinations, input.reader.codec)
    this.items = destinations.items.map(() => ({ counts: noCounts(), bytesToWrite: 0 }))
  }

  add(line: PlannedLine): void {
    const { entry, action } = line
    const item = this.items[line.item]!
    const base = this.destinations.bases[line.base]?.path ?? ''
    this.counts[action]++
    item.counts[action]++
    digestLoss(this.reviewed, line, base)
    this.losses.add(line)
    digestChange(this.changed, line, base)
    if (entry && (action === 'create' || action === 'overwrite')) {
      if (entry.type !== 'dir') this.files++
      if (entry.type === 'hardlink') this.linkTargets.add(entry.linkTarget!)
      if (this.contentFrames !== null && entry.type === 'file') {
        for (let i = 1; i < entry.frames.length; i++) this.contentFrames.push(entry.frames[i]!)
        if (this.contentFrames.length > MOST_LOCATED) this.contentFrames = null
      }
      item.bytesToWrite += entry.sizeBytes
      this.space.add(line)
    }
    if (action === 'conflict') this.conflicts++
    if (isChange(line)) this.changes++
    if (action === 'same') return
    this.linesTotal++
    if (this.lines.length < SHOWN_LINES) this.lines.push(shownLine(line, textOfRaw(joinRaw(base, line.rel))))
  }

  finish(input: RestoreInput, conflict: ConflictMode, found: Finding[], losses: RestoreLosses | null): RestorePlan {
    const { destinations, counts } = this
    const problems = [...this.problems, ...found, ...destinations.problems]
    const blocked = problems.some((problem) => problem.severity === 'error')
    if (this.conflicts > 0 && conflict === 'fail' && !blocked) problems.push(conflictProblem(this.conflicts, this.lines))
    problems.push(...this.space.problems())
    return {
      archiveId: input.manifest.id,
      workspaceId: input.manifest.workspaceId,
      target: input.target === null ? null : textOfRaw(destinations.bases[0]!.path),
      conflict,
      exact: input.exact === true,
      digest: createHash('sha256').update(this.request.copy().digest()).update(this.reviewed.digest()).digest('hex'),
      counts,
      bytesToWrite: this.items.reduce((sum, item) => sum + item.bytesToWrite, 0),
      freeBytes: this.space.freeBytes() ?? freeBytesAt(destinations),
      items: destinations.items.flatMap((item, i) => {
        const own = this.items[i]!
        if (item.base === null || Object.values(own.counts).every((count) => count === 0)) return []
        const base = destinations.bases[item.base]!.path
        const targetPath = textOfRaw(joinRaw(base, item.prefix === '' ? item.archiveName : item.prefix))
        return [{ key: item.key, label: item.label, importance: item.importance, targetPath, ...own }]
      }),
      lines: this.lines,
      linesTotal: this.linesTotal,
      losses,
      problems: problems.slice(0, SHOWN_PROBLEMS),
    }
  }
}

function shownLine(line: PlannedLine, targetPath: string): RestoreLine {
  const { entry, live } = line
  return {
    path: line.path,
    targetPath,
    type: entry?.type ?? (live && live.type !== 'other' ? live.type : 'file'),
    action: line.action,
    reason: line.reason,
    sizeBytes: entry?.sizeBytes ?? (live?.type === 'file' ? live.sizeBytes : 0),
    liveBytes: live === null ? null : live.type === 'file' ? live.sizeBytes : 0,
    liveModifiedAt: live === null || live.type === 'dir' ? null : isoOf(live.mtimeNs),
  }
}

/** Null for times that no calendar has. */
function isoOf(ns: bigint): string | null {
  const at = new Date(Number(ns / 1_000_000n))
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}

function freeBytesAt(destinations: Destinations): number | null {
  const base = destinations.bases[0]
  if (!base) return null
  try {
    const stat = statfsSync(fsPath(base.existing))
    return stat.bavail * stat.bsize
  } catch {
    return null
  }
}

function notEmpty(target: string): Finding {
  return { severity: 'error', code: 'target_not_empty', path: target, message: `The folder ${target} is not empty.` }
}

function conflictProblem(conflicts: number, lines: RestoreLine[]): Finding {
  const first = lines.find((line) => line.action === 'conflict')
  const message = `${formatCount(conflicts)} ${conflicts === 1 ? 'path exists' : 'paths exist'} already and would be replaced, ${first?.targetPath ?? 'among others'} first.`
  return { severity: 'error', code: 'target_not_empty', path: first?.path ?? null, message }
}

const HINTS: Record<string, string> = {
  target_not_empty: 'Nothing was written. Choose an empty folder, or say what to do with --conflict overwrite, skip or newer.',
  target_full: 'Nothing was written. Free some space, restore fewer paths, or choose another folder with --target.',
  target_unusable: 'Nothing was written. Restore into another folder with --target.',
  path_unsafe: 'Nothing was written. Replace the symlink by a real folder, or restore into another folder with --target.',
  item_invalid: 'Nothing was written. Restore into another folder with --target.',
}
