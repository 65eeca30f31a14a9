/** Comparisons for the console, as children running the command line's own verbs. Each function authorises first. */
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { Break, Comparison, RecordDiff, SideId, TextDiff } from '#lib/contracts/compare.ts'
import { runVerb } from '#lib/jobs/spawn-verb.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { programOf } from './verbs.ts'

interface Sides {
  a: SideId
  b: SideId
}

/** How B differs from A, by entries. */
export function compareInChild(ctx: ServiceContext, { a, b, limit }: Sides & { limit: number }, signal?: AbortSignal): Promise<Comparison> {
  requireRight(ctx, 'list')
  return runVerb(programOf(ctx), ['diff', `--limit=${limit}`, '--', a, b], { signal }) as Promise<Comparison>
}

/** One JSON file of both sides by its records. */
export function compareRecordsInChild(
  ctx: ServiceContext,
  { a, b, path, limit }: Sides & { path: string; limit: number },
  signal?: AbortSignal,
): Promise<RecordDiff> {
  requireRight(ctx, 'view-content')
  return runVerb(programOf(ctx), ['diff', `--path=${path}`, `--limit=${limit}`, '--', a, b], { signal }) as Promise<RecordDiff>
}

/** A window of one file of both sides as text. */
export function compareTextInChild(
  ctx: ServiceContext,
  { a, b, path, offset }: Sides & { path: string; offset: number },
  signal?: AbortSignal,
): Promise<TextDiff> {
  requireRight(ctx, 'view-content')
  return runVerb(programOf(ctx), ['diff', `--path=${path}`, '--text', `--offset=${offset}`, '--', a, b], { signal }) as Promise<TextDiff>
}

/** Between which two archives a file broke. */
export function findBreakInChild(
  ctx: ServiceContext,
  input: { workspaceId: WorkspaceId; path: string; condition: string },
  signal?: AbortSignal,
): Promise<Break> {
  requireRight(ctx, 'view-content')
  const how = input.condition === 'exists' ? ['--exists'] : input.condition === 'parses' ? [] : [`--where=${input.condition}`]
  const { id } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  return runVerb(programOf(ctx), ['bisect', ...how, '--', input.path, id], { signal }) as Promise<Break>
}
