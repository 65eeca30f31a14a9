import { lstatSync } from 'node:fs'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { formatCount } from '#lib/base/units.ts'
import type { Finding } from '#lib/contracts/common.ts'
import { endDeletion, type OpenDeletion, openDeletions } from '#lib/engine/offload/deletion-journal.ts'
import { fsPath, rawOfText } from '#lib/engine/raw-path.ts'
import type { ServiceContext } from '../context.ts'

/** What deletions that were interrupted have left, from their records and from the disk. */
export function interruptedOffloads(ctx: ServiceContext, workspace: WorkspaceRecord): Finding[] {
  return openDeletions(ctx.paths.offloads, workspace.id).map((open) => {
    const { removedFiles } = whatIsGone(open)
    const message = `An offload was interrupted while it deleted: ${formatCount(removedFiles)} of ${formatCount(open.files.length)} files are gone from the live disk. ${open.archiveId} holds all of them and is held; \`orchive restore ${open.archiveId} --in-place\` brings them back.`
    return { severity: 'warning', code: 'offload_interrupted', path: open.path, message }
  })
}

/** Writes down how interrupted deletions ended, so that a new one begins with a closed record. */
export function settleOffloads(ctx: ServiceContext, workspace: WorkspaceRecord): Finding[] {
  const findings = interruptedOffloads(ctx, workspace)
  for (const open of openDeletions(ctx.paths.offloads, workspace.id)) {
    endDeletion(open.path, { ...whatIsGone(open), at: new Date(ctx.clock.realNowMs()).toISOString() })
  }
  return findings
}

/** Gone is what the record says, and what is not there: the last line may never have been written. */
function whatIsGone(open: OpenDeletion): { removedFiles: number; removedBytes: number } {
  const gone = open.files.filter(({ path, livePath }) => open.gone.has(path) || !isThere(livePath))
  return { removedFiles: gone.length, removedBytes: gone.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
}

function isThere(livePath: string): boolean {
  const raw = rawOfText(livePath)
  try {
    return raw !== null && lstatSync(fsPath(raw), { throwIfNoEntry: false }) !== undefined
  } catch {
    // A folder above is gone, too, or may not be looked into: the record alone counts then.
    return true
  }
}
