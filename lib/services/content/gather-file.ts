import { Writable } from 'node:stream'
import type { Entry } from '#lib/engine/entry.ts'
import type { ArchiveReader } from '#lib/engine/repository/repository.ts'
import { catFile } from '#lib/engine/verify/cat-file.ts'

/** A range of an archived file in memory, and the entry that has its content: a hard link leads to the file that it shares it with. */
export async function gatherFile(
  reader: ArchiveReader,
  path: string,
  range: { offsetBytes: number; lengthBytes: number },
): Promise<{ bytes: Buffer; entry: Entry }> {
  const parts: Buffer[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      // The chunk's memory is used again.
      parts.push(Buffer.from(chunk))
      done()
    },
  })
  const { entry } = await catFile(reader, path, range, sink)
  return { bytes: Buffer.concat(parts), entry }
}
