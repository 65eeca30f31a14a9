import { createHash } from 'node:crypto'
import { AppError } from '#lib/base/errors.ts'
import { jsonObject, parseJsonText } from '#lib/base/json-text.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { Entry } from '../entry.ts'
import type { ArchiveReader } from '../repository/repository.ts'

/** The whole content of a small file, proven by its SHA-256; throws `frame_damaged`, and `invalid_input` above the limit. */
export async function readContent(reader: ArchiveReader, entry: Entry, limitBytes: number): Promise<Buffer> {
  if (entry.sizeBytes > limitBytes) {
    throw new AppError('invalid_input', {
      message: `${entry.path} is too large to be looked at whole (${formatBytes(entry.sizeBytes)}).`,
      hint: 'Get it with `orchive cat` or `orchive restore`.',
    })
  }
  const parts: Buffer[] = []
  const frames = entry.frames.slice(1)
  await reader.locate(frames)
  for (const id of frames) parts.push(await reader.frame(id))
  const content = Buffer.concat(parts).subarray(0, entry.sizeBytes)
  if (content.length === entry.sizeBytes && createHash('sha256').update(content).digest('hex') === entry.sha256) return content
  throw new AppError('frame_damaged', {
    message: `The content of ${entry.path} does not have the SHA-256 that the archive names.`,
    hint: 'Run `orchive verify` on the archive; an older one may still hold the file.',
    context: { path: entry.path },
  })
}

/** The JSON object that a file of the archive holds; null for one that is none. Throws what reading and parsing throw. */
export async function readJsonObject(reader: ArchiveReader, entry: Entry, limitBytes: number): Promise<Record<string, unknown> | null> {
  return jsonObject(parseJsonText((await readContent(reader, entry, limitBytes)).toString('utf8')))
}
