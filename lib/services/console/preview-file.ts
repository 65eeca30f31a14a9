import { getEntry } from '#db/catalog/queries/list-folder.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Preview } from '#lib/contracts/archive.ts'
import { pipeVerb } from '#lib/jobs/spawn-verb.ts'
import { requireRight } from '../authorise.ts'
import { maskSecrets } from '../content/mask-secrets.ts'
import type { ServiceContext } from '../context.ts'
import { programOf } from './verbs.ts'

/** A window of a file. */
const WINDOW_BYTES = 2 * 1024 * 1024

/** A window of a text file with its secrets masked; of a binary one only what it is. */
export async function previewFile(ctx: ServiceContext, input: { archiveId: ArchiveId; path: string; offset: number }): Promise<Preview> {
  requireRight(ctx, 'view-content')
  const entry = getEntry(ctx.catalogDb(), input.archiveId, input.path)
  if (entry === null || entry.type === 'dir') {
    throw new AppError('path_unknown', { message: `${input.archiveId} has no file ${input.path}.`, hint: 'See the archive’s files.' })
  }
  const base = {
    path: entry.path,
    offsetBytes: input.offset,
    sizeBytes: entry.sizeBytes,
    sha256: entry.sha256,
    maskedSecrets: 0,
    nextOffsetBytes: null,
  }
  if (entry.type === 'symlink') return { ...base, kind: 'link', text: entry.linkTarget }
  const bytes = await readWindow(ctx, input)
  if (bytes.includes(0)) return { ...base, kind: 'binary', text: null }
  const isLast = bytes.length < WINDOW_BYTES
  const whole = isLast ? bytes : wholeLines(bytes)
  const { text, masked } = maskSecrets(whole.toString('utf8'))
  return {
    ...base,
    kind: /\.jsonl?$/i.test(entry.path) ? 'json' : 'text',
    text,
    maskedSecrets: masked,
    nextOffsetBytes: isLast || input.offset + whole.length >= entry.sizeBytes ? null : input.offset + whole.length,
  }
}

async function readWindow(ctx: ServiceContext, input: { archiveId: ArchiveId; path: string; offset: number }): Promise<Buffer> {
  const verb = pipeVerb(programOf(ctx), ['cat', `--offset=${input.offset}`, `--length=${WINDOW_BYTES}`, '--', input.archiveId, input.path])
  const chunks: Buffer[] = []
  for await (const chunk of verb.stdout) chunks.push(chunk as Buffer)
  await verb.done
  return Buffer.concat(chunks)
}

/** Up to the last line break, so that no character and no secret is cut in two; a single endless line is cut at a character. */
function wholeLines(bytes: Buffer): Buffer {
  const lastBreak = bytes.lastIndexOf(0x0a)
  if (lastBreak > 0) return bytes.subarray(0, lastBreak + 1)
  let end = bytes.length
  while (end > 0 && (bytes[end - 1]! & 0xc0) === 0x80) end--
  return bytes.subarray(0, Math.max(1, end - 1))
}
