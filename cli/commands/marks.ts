import { AppError } from '#lib/base/errors.ts'
import { acceptArchive, holdArchive, releaseArchive } from '#lib/services/archives/mark-archive.ts'
import { namedArchive } from '../named.ts'
import type { Run } from '../program.ts'

type Options = Record<string, unknown>

/** `hold ARCHIVE --reason T [--until DATE]` */
export async function hold(run: Run, args: string[], options: Options): Promise<void> {
  const { ctx, out } = run
  const until = options.until ? { until: dateAhead(String(options.until), ctx.clock.nowMs()) } : {}
  const archive = await holdArchive(ctx, { archiveId: await namedArchive(run, args[0]!, options), reason: reasonOf(options), ...until })
  if (out.isJson) out.document({ type: 'result', ...archive })
  else out.said(`${archive.id} is held${archive.hold?.until ? ` until ${archive.hold.until}` : ''}: ${archive.hold?.reason}`)
}

/** `release ARCHIVE` */
export async function release(run: Run, args: string[], options: Options): Promise<void> {
  const { ctx, out } = run
  const archive = await releaseArchive(ctx, { archiveId: await namedArchive(run, args[0]!, options) })
  if (out.isJson) out.document({ type: 'result', ...archive })
  else out.said(`${archive.id} is not held any more.`)
}

/** `accept ARCHIVE --reason T` */
export async function accept(run: Run, args: string[], options: Options): Promise<void> {
  const { ctx, out } = run
  const archive = await acceptArchive(ctx, { archiveId: await namedArchive(run, args[0]!, options), reason: reasonOf(options) })
  if (out.isJson) out.document({ type: 'result', ...archive })
  else out.said(`${archive.id} is accepted as it is.`)
}

function reasonOf(options: Options): string {
  const reason = String(options.reason).trim()
  if (reason !== '') return reason
  throw new AppError('usage', { message: '--reason is empty.', hint: 'Write why, for those who read the list later.' })
}

function dateAhead(text: string, nowMs: number): string {
  const at = Date.parse(text)
  if (Number.isNaN(at))
    throw new AppError('usage', { message: `--until is “${text}”; a date is expected.`, hint: 'Write --until 2027-01-31.' })
  if (at <= nowMs) throw new AppError('usage', { message: `--until is “${text}”, which is past already.`, hint: 'Nothing was changed.' })
  return new Date(at).toISOString()
}
