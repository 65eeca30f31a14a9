import { resolve } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import type { ConflictMode, RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import { workspaceOfArchive } from '#lib/services/archives/read-archives.ts'
import { planRestore, restoreArchive } from '#lib/services/restore/restore-archive.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { askForName, requireAsker } from '../ask-name.ts'
import { EXIT } from '../exit-codes.ts'
import { archivePathOf, namedArchive, readingFrom } from '../named.ts'
import { jobIdOf, waitMsOf } from '../options.ts'
import { printPlan } from '../plan-text.ts'
import type { Run } from '../program.ts'

type Options = Record<string, unknown>

/** `restore ARCHIVE [PATH…] (--target DIR | --in-place)` */
export async function restore(given: Run, args: string[], options: Options): Promise<number> {
  const run = await readingFrom(given, options)
  const { ctx, out, signal, command } = run
  const target = targetOf(options)
  const request = { ...requestOf(args, options), target, archiveId: await namedArchive(run, args[0]!, options) }
  if (options.dryRun) return dryRun(run, request)
  const reviewed = target === null && !options.yes ? await review(run, request) : null
  const showPlan = (event: JobEvent) => {
    if (event.type === 'plan' && !out.isJson && reviewed === null) printPlan(out, event.plan as RestorePlan, 'going')
    out.event(event)
  }
  const { result, outcome } = await restoreArchive(ctx, {
    request,
    digest: options.digest ? String(options.digest) : reviewed,
    waitMs: waitMsOf(options),
    jobId: jobIdOf(options),
    command,
    signal,
    onEvent: showPlan,
  })
  out.event({ type: 'result', ...result })
  out.said(
    `Restored ${formatCount(result.restoredFiles)} ${result.restoredFiles === 1 ? 'file' : 'files'}, ${formatBytes(result.restoredBytes)} in ${formatDuration(result.durationMs)}; ${formatCount(result.provenFiles)} read back and equal to the archive.`,
  )
  if (result.skippedFiles > 0) out.said(`${formatCount(result.skippedFiles)} left as they were.`)
  if (result.safetyArchiveId) out.said(`Safety archive of what was there: ${result.safetyArchiveId}`)
  if (result.undo) out.said(`To take it back, until ${result.undoUntil}: orchive undo ${result.undo}`)
  if (result.quarantinePath) {
    out.said(`${result.quarantinedFiles > 0 ? 'What was replaced' : 'The record of what was made'} lies in ${result.quarantinePath}`)
  }
  for (const { message } of result.warnings) out.warn('warning', message)
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}

/** Shows the plan; fails where the restore itself would refuse to start. */
async function dryRun({ ctx, out }: Run, request: RestoreRequest): Promise<number> {
  const plan = await planRestore(ctx, request)
  out.event({ type: 'plan', plan })
  out.event({ type: 'result', dryRun: true, ...plan })
  printPlan(out, plan, 'review')
  return plan.problems.some(({ severity }) => severity === 'error') ? EXIT.failed : EXIT.ok
}

function targetOf(options: Options): string | null {
  const isInPlace = options.inPlace === true
  const target = options.target === undefined ? null : String(options.target)
  if (isInPlace === (target !== null) || target === '') {
    throw new AppError('usage', {
      message: 'Say where to: either --target DIR or --in-place.',
      hint: 'With --dry-run the plan is shown and nothing is written.',
    })
  }
  return target === null ? null : resolve(target)
}

function requestOf(args: string[], options: Options): Omit<RestoreRequest, 'archiveId' | 'target'> {
  return {
    paths: args.slice(1).map(archivePathOf),
    ...(options.conflict ? { conflict: options.conflict as ConflictMode } : {}),
    exact: options.exact === true,
  }
}

/** Shows the plan and asks for the workspace's name; gives the digest of what was agreed to. */
async function review(run: Run, request: RestoreRequest): Promise<string> {
  const { ctx, out } = run
  const { name } = pickWorkspace(ctx, workspaceOfArchive(ctx, request.archiveId))
  requireAsker(run, `A restore in place replaces items of ${name}`)
  const plan = await planRestore(ctx, request)
  printPlan(out, plan, 'review')
  await askForName(run, name)
  return plan.digest
}
