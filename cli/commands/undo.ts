import { AppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import { formatCount, formatDuration } from '#lib/base/units.ts'
import { listOpenUndos, undoRestore } from '#lib/services/restore/undo-restore.ts'
import { EXIT } from '../exit-codes.ts'
import { jobOf, waitMsOf } from '../options.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'
import { oneLine } from '../table.ts'

type Options = Record<string, unknown>

/** `undo [JOB]` */
export async function undo(run: Run, args: string[], options: Options): Promise<number | undefined> {
  if (options.list) return list(run)
  const { ctx, out } = run
  const { result } = await undoRestore(ctx, {
    undoOf: namedJob(run, args[0]),
    force: options.force === true,
    waitMs: waitMsOf(options),
    ...jobOf(run, options),
  })
  out.event({ type: 'result', ...result })
  out.said(
    `Undone ${result.undone}: ${formatCount(result.broughtBack)} paths are back, ${formatCount(result.movedAway)} went to quarantine, in ${formatDuration(result.durationMs)}.`,
  )
  if (result.safetyArchiveId) out.said(`Safety archive of what was there: ${result.safetyArchiveId}`)
  if (result.undo) out.said(`To take that back, until ${result.undoUntil}: orchive undo ${result.undo}`)
  return EXIT.ok
}

function list({ ctx, out }: Run): undefined {
  const undos = listOpenUndos(ctx)
  if (out.isJson) out.document(undos)
  else if (undos.length === 0) out.said('Nothing can be undone.')
  else {
    const rows = undos.map(({ jobId, kind, workspace, at, until, items }) => [
      out.color.bold(jobId),
      kind,
      oneLine(workspace),
      shortTime(at),
      shortTime(until),
      oneLine(items.map(({ label }) => label).join(', ')),
    ])
    out.table(['JOB', 'WAS', 'WORKSPACE', 'DONE (UTC)', 'KEPT UNTIL (UTC)', 'ITEMS'], rows)
  }
}

/** A whole job id, or the beginning of one that can be undone. */
function namedJob({ ctx }: Run, name: string | undefined): JobId {
  const undos = listOpenUndos(ctx)
  const known = undos.map(({ jobId }) => jobId)
  if (name === undefined) {
    throw new AppError('usage', {
      message: 'Say which job to undo.',
      hint: known.length > 0 ? `These can be: ${known.join(', ')}.` : 'Nothing can be undone now.',
    })
  }
  const found = known.filter((jobId) => jobId.startsWith(name.startsWith('job_') ? name : `job_${name}`))
  if (found.length === 1) return found[0]!
  if (found.length > 1) throw new AppError('usage', { message: `“${name}” fits several jobs.`, hint: `They are: ${found.join(', ')}.` })
  throw new AppError('undo_unknown', {
    message: `There is nothing to undo for ${name}: it replaced nothing in place, was undone already, or its time is over.`,
    hint: known.length > 0 ? `These can be undone: ${known.join(', ')}.` : 'Nothing can be undone now.',
  })
}
