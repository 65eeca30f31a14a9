import type { ArchiveWriters } from './archive-writers.ts'
import type { StatCache } from './stat-cache.ts'

/**
 * Whether lines of the archive that the cache is of may be kept as they are. Undefined = all of them: every pack that was there when it was
 * published is still there. After a prune, or worse, each line is looked at: what it names has to be in the index, else the file is read again.
 */
export async function keepsStoredLines(
  cache: StatCache,
  packs: readonly string[],
  writers: ArchiveWriters,
): Promise<((line: string) => boolean) | undefined> {
  const present = new Set(packs)
  if (cache.facts.packs.every((pack) => present.has(pack))) return undefined
  const index = await writers.index()
  return (line) => framesOfLine(line).every((id) => index.has(id))
}

function framesOfLine(line: string): string[] {
  const frames = line.split('\t')[7]
  return frames ? frames.split(',') : []
}
