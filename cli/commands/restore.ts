import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { AppError } from '#lib/base/errors.ts'
import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import type { ConflictMode, RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import { pickArchive, workspaceOfArchive } from '#lib/services/archives/read-archives.ts'
import { planRestore, restoreArchive } from '#lib/services/restore/restore-archive.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { EXIT } from '../exit-codes.ts'
import { jobIdOf, waitMsOf } from '../options.ts'
import { type Output, table } from '../output.ts'
import type { Run } from '../program.ts'

/** `restore ARCHIVE [PATH…] (--target DIR | --in-place)` */
export async function restore(run: Run, args: string[], options: Record<string, unknown>): Promise<number> {
  const { ctx, out, signal, command } = run
  const request = requestOf(run, args, options)
  if (options.dryRun) {
    const plan = await planRestore(ctx, request)
    out.event({ type: 'plan', plan })
    printPlan(out, plan)
    out.event({ type: 'result', dryRun: true, ...plan })
    return plan.problems.some(({ severity }) => severity === 'error') ? EXIT.failed : EXIT.ok
  }
  if (request.target === null && !options.yes) await confirm(run, request)
  const { result, outcome } = await restoreArchive(ctx, {
    request,
    digest: options.digest ? String(options.digest) : null,
    waitMs: waitMsOf(options),
    jobId: jobIdOf(options),
    command,
    signal,
    onEvent: (event) => out.event(event),
  })
  out.event({ type: 'result', ...result })
  out.line(
    `Restored ${formatCount(result.restoredFiles)} files, ${formatBytes(result.restoredBytes)} in ${formatDuration(result.durationMs)}; ${formatCount(result.provenFiles)} read back and equal to the archive.`,
  )
  if (result.skippedFiles > 0) out.line(`${formatCount(result.skippedFiles)} left as they were.`)
  if (result.safetyArchiveId) out.line(`Safety archive: ${result.safetyArchiveId}`)
  if (result.quarantinePath) out.line(`What was replaced lies in ${result.quarantinePath}`)
  for (const { message } of result.warnings) out.line(`${out.color.yellow('warning')}: ${message}`)
  return outcome === 'warning' ? EXIT.warnings : EXIT.ok
}

function requestOf({ ctx }: Run, args: string[], options: Record<string, unknown>): RestoreRequest {
  const isInPlace = options.inPlace === true
  if (isInPlace === (options.target !== undefined)) {
    throw new AppError('usage', {
      message: 'Say where to: either --target DIR or --in-place.',
      hint: '--dry-run shows the plan without writing anything.',
    })
  }
  return {
    archiveId: pickArchive(ctx, args[0]!),
    paths: args.slice(1).map((path) => path.replace(/\/+$/, '')),
    target: isInPlace ? null : resolve(String(options.target)),
    ...(options.conflict ? { conflict: options.conflict as ConflictMode } : {}),
    exact: options.exact === true,
  }
}

async function confirm({ ctx, out }: Run, request: RestoreRequest): Promise<void> {
  const { name } = pickWorkspace(ctx, workspaceOfArchive(ctx, request.archiveId))
  if (!process.stdin.isTTY || out.isJson) {
    throw new AppError('usage', {
      message: `Restoring in place replaces items of ${name}.`,
      hint: 'Look at it with --dry-run, then run it with --yes.',
    })
  }
  printPlan(out, await planRestore(ctx, request))
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const typed = await prompt.question(`Type ${name} to replace these items: `)
  prompt.close()
  if (typed.trim() !== name) throw new AppError('cancelled', { message: 'Nothing was changed.' })
}

const ACTION_WORDS = {
  create: 'create',
  overwrite: 'replace',
  same: 'same',
  attributes: 'attributes',
  skip: 'skip',
  conflict: 'conflict',
  extra: 'stays',
  quarantine: 'quarantine',
} as const

function printPlan(out: Output, plan: RestorePlan): void {
  out.line(plan.target === null ? 'In place:' : `Into ${plan.target}:`)
  const counted = (counts: RestorePlan['counts']) =>
    (Object.keys(ACTION_WORDS) as (keyof typeof ACTION_WORDS)[])
      .filter((action) => counts[action] > 0)
      .map((action) => `${formatCount(counts[action])} ${ACTION_WORDS[action]}`)
      .join(', ')
  for (const row of table(
    plan.items.map((item) => [`  ${item.label}`, counted(item.counts) || 'nothing', formatBytes(item.bytesToWrite), item.targetPath]),
    [2],
  ))
    out.line(row)
  out.line(`${formatBytes(plan.bytesToWrite)} to write, ${formatBytes(plan.freeBytes)} free.`)
  for (const row of table(plan.lines.slice(0, 40).map((line) => [`  ${ACTION_WORDS[line.action]}`, line.targetPath, line.reason])))
    out.line(row)
  if (plan.linesTotal > 40) out.line(`  … and ${formatCount(plan.linesTotal - 40)} more`)
  for (const { severity, message } of plan.problems) out.line(`${out.color.yellow(severity)}: ${message}`)
}
