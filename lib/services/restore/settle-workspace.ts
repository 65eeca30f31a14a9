import { existsSync, readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isAppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { Settled } from '#lib/contracts/restore.ts'
import { journalPath, readJournal } from '#lib/engine/restore/journal.ts'
import { LOCK_STALE_MS } from '#lib/engine/restore/restore-lock.ts'
import { type SettleReport, settle } from '#lib/engine/restore/settle.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { recoveryPlaceOf } from './recovery-place.ts'

type Named = { id: WorkspaceId; name: string }
const POLL_MS = 250

export interface SettleWorkspaceInput {
  workspace: Named
  /** How long to wait for a restore that is under way; 0 = not at all. */
  waitMs: number
  /** Leave everything as it is, and let go of the journal. */
  abandon?: boolean
  /** Wait at least so long for a holder that cannot be looked into from here: only watching tells whether it lives. */
  watchMs?: number
  signal?: AbortSignal | undefined
}

/** For a verb that has nothing else to do than to settle. */
export const WATCH_MS = LOCK_STALE_MS + 10_000

/** Workspaces with an open journal; needs no database. */
export function listOpenJournals(ctx: ServiceContext): Named[] {
  if (!existsSync(ctx.paths.journals)) return []
  return readdirSync(ctx.paths.journals)
    .filter((name) => /^ws_[0-9a-f]+\.json$/.test(name))
    .map((name) => name.slice(0, -'.json'.length) as WorkspaceId)
    .map((id) => ({ id, name: nameIn(ctx, id) }))
}

/** Settles what an interrupted restore or undo of the workspace left; null when nothing is open. Throws `workspace_locked`, `restore_unsettled`. */
export async function settleWorkspace(ctx: ServiceContext, input: SettleWorkspaceInput): Promise<Settled | null> {
  requireRight(ctx, 'restore')
  return await settleWithin(ctx, input)
}

/** The same for a service that has authorised what it settles for. */
export async function settleWithin(ctx: ServiceContext, input: SettleWorkspaceInput): Promise<Settled | null> {
  const { workspace, waitMs, watchMs = 0, signal } = input
  const startedMs = ctx.clock.monotonicMs()
  for (;;) {
    try {
      return settleNow(ctx, workspace, input.abandon === true)
    } catch (error) {
      if (!isAppError(error) || error.code !== 'workspace_locked') throw error
      const limitMs = error.context.state === 'unknown' ? Math.max(waitMs, watchMs) : waitMs
      if (ctx.clock.monotonicMs() - startedMs >= limitMs) throw error
    }
    await delay(POLL_MS, undefined, { signal })
  }
}

/** What each verb does before it works with a workspace: settles it when that can be done right now. Null when nothing was open or a restore is under way. */
export function settleFirst(ctx: ServiceContext, workspace: Named): Settled | null {
  if (!existsSync(journalPath({ folder: ctx.paths.journals, workspaceId: workspace.id }))) return null
  try {
    return settleNow(ctx, workspace, false)
  } catch (error) {
    if (isAppError(error) && error.code === 'workspace_locked') return null
    throw error
  }
}

function settleNow(ctx: ServiceContext, workspace: Named, abandon: boolean): Settled | null {
  const report = settle(recoveryPlaceOf(ctx, workspace), { abandon })
  if (report === null) return null
  tellAudit(ctx, workspace, report)
  return { workspaceId: workspace.id, workspace: workspace.name, ...report }
}

/** It is settled whatever becomes of the audit log: settling must work where no database can be written. */
function tellAudit(ctx: ServiceContext, workspace: Named, { outcome, kind, jobId, phase, notes }: SettleReport): void {
  try {
    const object = { kind: 'workspace', id: workspace.id, workspaceId: workspace.id }
    record(ctx, 'workspace.settle', object, { outcome, kind, jobId, phase, notes })
  } catch {
    // The journal that was closed says the same.
  }
}

function nameIn(ctx: ServiceContext, workspaceId: WorkspaceId): string {
  try {
    return readJournal({ folder: ctx.paths.journals, workspaceId, workspace: workspaceId })?.workspace ?? workspaceId
  } catch {
    return workspaceId
  }
}
