import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { commandText } from '#lib/base/command-text.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { parseJsonText } from '#lib/base/json-text.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { RunbookStep, SalvageMode, StateCandidate, StatePlan } from '#lib/contracts/recover.ts'
import type { Json } from '#lib/engine/compare/json/json-value.ts'
import { mergeJson } from '#lib/engine/recover/merge-json.ts'
import { type Salvage, salvageJson } from '#lib/engine/recover/salvage-json.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { findEntry } from '#lib/engine/restore/chosen-paths.ts'
import { readContent } from '#lib/engine/verify/read-content.ts'
import type { Resolution, ResolvedItem } from '#lib/engine/workspace/resolved-item.ts'
import { requireRight } from '../authorise.ts'
import { recordDiffOf } from '../compare/compare-file.ts'
import type { ServiceContext } from '../context.ts'
import { watchedSince } from '../watch/watched-since.ts'
import { lookAtState, stateItemOf } from './look-at-state.ts'
import { bestCandidate, stateCandidates } from './state-sources.ts'
import { plannedStep, STATE_STEPS } from './step-titles.ts'

export interface PlanStateInput {
  workspace: WorkspaceRecord
  /** Null = the newest known-good one. */
  archiveId: ArchiveId | null
  salvage: SalvageMode
  signal?: AbortSignal | undefined
}

/** A plan, and what carrying it out needs. */
export interface PlannedState {
  plan: StatePlan
  item: ResolvedItem
  /** The text that would become the state; null when the archive's own is taken as it is. */
  salvaged: Buffer | null
}

/** States up to this size are recovered. */
const STATE_BYTES = 512 * 1024 * 1024
/** Records of each kind that a plan shows of one list. */
const SHOWN_RECORDS = 200

/** Looks at the live state and says how it would be recovered. Changes nothing; for job processes. */
export async function planState(
  ctx: ServiceContext,
  repository: Repository,
  resolution: Resolution,
  input: PlanStateInput,
): Promise<PlannedState> {
  requireRight(ctx, 'restore')
  const { workspace } = input
  const item = stateItem(resolution, workspace)
  const path = item.archiveName!
  const sight = await lookAtState(ctx, repository, workspace, item, input.signal)
  const candidates = stateCandidates(ctx, workspace, path)
  const chosen = choose(candidates, input, path)
  const live = sight.content === null ? null : salvageJson(sight.content)
  const good = chosen === null ? null : await stateIn(repository, chosen.archiveId, path)
  const result = resultOf(input.salvage, good, live)
  const change = live === null || live.value === null ? null : recordDiffOf(path, live.value, result, SHOWN_RECORDS)
  const plan: StatePlan = {
    workspaceId: workspace.id,
    workspace: workspace.name,
    path,
    livePath: item.path!,
    verdict: sight.verdict,
    findings: sight.findings,
    liveBytes: sight.content?.length ?? null,
    ...watchedSince(ctx, workspace.id, item.key, sight.verdict),
    candidates,
    chosenId: chosen?.archiveId ?? null,
    salvage: { mode: input.salvage, usedBytes: live === null || live.isWhole ? null : live.usedBytes },
    change,
    steps: plannedSteps(input.salvage, chosen, item.path!, live),
  }
  return { plan, item, salvaged: input.salvage === 'none' ? null : Buffer.from(`${JSON.stringify(result, null, 2)}\n`) }
}

function stateItem(resolution: Resolution, workspace: WorkspaceRecord): ResolvedItem {
  const item = stateItemOf(resolution)
  if (item) return item
  throw new AppError('item_invalid', {
    message: `The config of ${workspace.name} names no state file that archives could hold.`,
    hint: `See \`${commandText(['orchive', 'workspace', 'show', workspace.name])}\`.`,
  })
}

/** Null when the live file alone is used. */
function choose(
  candidates: readonly StateCandidate[],
  { archiveId, salvage, workspace }: PlanStateInput,
  path: string,
): StateCandidate | null {
  if (salvage === 'prefix') return null
  const chosen = archiveId === null ? bestCandidate(candidates) : (candidates.find((one) => one.archiveId === archiveId) ?? null)
  if (chosen) return chosen
  if (archiveId !== null) {
    throw new AppError('path_unknown', {
      message: `${archiveId} is none of the archives whose ${path} can be taken.`,
      hint: 'Without --archive the newest known-good one is.',
    })
  }
  throw new AppError('archive_unknown', {
    message: `No archive of ${workspace.name} holds a ${path} that is not suspect.`,
    hint: 'Use what the live file still has with --salvage prefix, or name a suspect archive with --archive.',
  })
}

async function stateIn(repository: Repository, archiveId: ArchiveId, path: string): Promise<Json> {
  const reader = await repository.reader(archiveId)
  const found = await findEntry(reader, path)
  const entry = found?.type === 'hardlink' ? await findEntry(reader, found.linkTarget!) : found
  if (entry?.type !== 'file')
    throw new AppError('path_unknown', { message: `${archiveId} has no file ${path}.`, hint: 'Choose another archive.' })
  const text = (await readContent(reader, entry, STATE_BYTES)).toString('utf8')
  try {
    return parseJsonText(text) as Json
  } catch (cause) {
    throw new AppError('config_invalid', {
      message: `${path} of ${archiveId} does not parse either.`,
      hint: 'Choose an older archive.',
      cause,
    })
  }
}

function resultOf(mode: SalvageMode, good: Json | null, live: Salvage | null): Json {
  if (mode === 'none') return good
  if (live === null || live.value === null) {
    throw new AppError('invalid_input', {
      message: 'Nothing of the live state can be salvaged: not even its beginning is JSON.',
      hint: 'Take the archived one with --salvage none.',
    })
  }
  return mode === 'prefix' ? live.value : mergeJson(good, live.value)
}

function plannedSteps(mode: SalvageMode, chosen: StateCandidate | null, livePath: string, live: Salvage | null): RunbookStep[] {
  const step = (id: keyof typeof STATE_STEPS, detail: string) => plannedStep(id, STATE_STEPS[id], detail)
  const source =
    chosen === null
      ? 'None: the live file alone.'
      : `${chosen.archiveId} of ${chosen.createdAt}${chosen.isKnownGood ? ', known good' : ', not proven'}.`
  const part = live && !live.isWhole ? `the first ${formatBytes(live.usedBytes)} of ${formatBytes(live.sizeBytes)}` : 'all of it'
  const salvage = {
    none: 'Nothing of the damaged file is used.',
    merge: `What the damaged file still has (${part}) is merged by record into the archived one.`,
    prefix: `The damaged file is used as far as it goes (${part}).`,
  }[mode]
  return [
    step('detect', `Read ${livePath} and compare it with the last archive that could be trusted.`),
    step('preserve', 'A safety archive of the whole workspace, the damaged file included.'),
    step('choose', source),
    step('salvage', salvage),
    step('restore', 'Stop the orchestrator, prove that it stopped, swap the file, parse it, start, see that it is healthy.'),
  ]
}
