import { stat } from 'node:fs/promises'
import { errnoOf } from '#lib/base/errors.ts'
import { textToBytes } from '#lib/base/path-text.ts'

/** What `stat` says of a file in one word: equal while nobody wrote it. An error is one too. */
export async function fileStamp(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(Buffer.from(textToBytes(path) ?? path), { bigint: true })
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`
  } catch (error) {
    return errnoOf(error) ?? 'unknown'
  }
}
