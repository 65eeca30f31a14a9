import { AppError } from '#lib/base/errors.ts'
import { acceptArchive, holdArchive, releaseArchive } from '#lib/services/archives/mark-archive.ts'
import { pickArchive } from '#lib/services/archives/read-archives.ts'
import type { Run } from '../program.ts'

/** `hold ARCHIVE --reason T [--until DATE]` */
export async function hold({ ctx, out }: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const archive = await holdArchive(ctx, {
    archiveId: pickArchive(ctx, args[0]!),
    reason: String(options.reason),
    ...(options.until ? { until: isoDate(String(options.until)) } : {}),
  })
  if (out.isJson) out.document(archive)
  else out.line(`${archive.id} is held${archive.hold?.until ? ` until ${archive.hold.until}` : ''}: ${archive.hold?.reason}`)
}

/** `release ARCHIVE` */
export async function release({ ctx, out }: Run, args: string[]): Promise<void> {
  const archive = await releaseArchive(ctx, { archiveId: pickArchive(ctx, args[0]!) })
  if (out.isJson) out.document(archive)
  else out.line(`${archive.id} is not held any more.`)
}

/** `accept ARCHIVE --reason T` */
export async function accept({ ctx, out }: Run, args: string[], options: Record<string, unknown>): Promise<void> {
  const archive = await acceptArchive(ctx, { archiveId: pickArchive(ctx, args[0]!), reason: String(options.reason) })
  if (out.isJson) out.document(archive)
  else out.line(`${archive.id} is accepted as it is.`)
}

function isoDate(text: string): string {
  const at = Date.parse(text)
  if (Number.isNaN(at))
    throw new AppError('usage', { message: `--until is “${text}”; a date is expected.`, hint: 'Write --until 2027-01-31.' })
  return new Date(at).toISOString()
}
