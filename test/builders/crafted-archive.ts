import { createHash } from 'node:crypto'
import { newArchiveId } from '#lib/base/ids.ts'
import { type Entry, formatEntryLine } from '#lib/engine/entry.ts'
import { compressFrame } from '#lib/engine/repository/frame.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import type { SectionRef } from '#lib/engine/repository/section.ts'
import { encodeHead, paddingOf } from '#lib/engine/tar/head.ts'

export type CraftedEntry = Partial<Omit<Entry, 'frames'>> & { path: string; content?: Buffer; frames?: string[] }

/**
 * Stores entries just as they are given, in the order given, whatever a backup would make of them; for archives that no backup writes.
 * Returns `base` with these entries; nothing is published.
 */
export async function craftArchive(repository: Repository, base: Manifest, entries: CraftedEntry[]): Promise<Manifest> {
  const data = await repository.packWriter('data')
  const meta = await repository.packWriter('meta')
  const lines: string[] = []
  for (const given of entries) {
    const content = given.content ?? Buffer.alloc(0)
    const type = given.type ?? 'file'
    const isFile = type === 'file'
    const entry: Entry = {
      type,
      sizeBytes: isFile ? content.length : 0,
      mtimeNs: 1_700_000_000_000_000_000n,
      mode: type === 'dir' ? 0o755 : 0o644,
      uid: process.getuid!(),
      gid: process.getgid!(),
      sha256: isFile ? createHash('sha256').update(content).digest('hex') : null,
      linkTarget: null,
      frames: [],
      ...given,
    }
    if (!given.frames) {
      const segments = [headOf(entry)]
      if (content.length > 0) segments.push(Buffer.concat([content, Buffer.alloc(paddingOf(content.length))]))
      for (const segment of segments) {
        await data.add(repository.codec.frameId(segment), compressFrame(segment), segment.length)
        entry.frames.push(repository.codec.frameId(segment))
      }
    }
    lines.push(formatEntryLine(entry))
  }
  await data.finish()
  const raw = Buffer.from(`${lines.join('\n')}\n`)
  const section: SectionRef = { id: repository.codec.frameId(raw), entries: lines.length, firstPath: entries[0]!.path }
  await meta.add(section.id, compressFrame(raw), raw.length)
  await meta.finish()
  return { ...base, id: newArchiveId(), sections: [section] }
}

function headOf(entry: Entry): Buffer {
  try {
    return encodeHead(entry)
  } catch {
    // A path that no tar head can hold; restore must refuse it before it looks at frames.
    return Buffer.alloc(512)
  }
}
