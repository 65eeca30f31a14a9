/** The lines of the previous archive, one by one, with just enough parsed to compare them with the disk. */
import { parseMtime } from '../entry.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Repository } from '../repository/repository.ts'
import type { SectionRef } from '../repository/section.ts'

export interface PriorLine {
  /** The line as it is in its section. */
  line: string
  path: string
  /** `f`, `d`, `l` or `h`. */
  type: string
  sizeBytes: number
  /** Number of the entry within the archive. */
  n: number
  section: SectionRef
  isFirst: boolean
  isLast: boolean
}

/** All lines in archive order; nothing without a previous archive. */
export async function* priorLines(repository: Repository, prior: Manifest | null): AsyncGenerator<PriorLine> {
  let n = 0
  for (const section of prior?.sections ?? []) {
    const lines = await repository.readSection(section.id)
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!
      const tab = line.indexOf('\t', 2)
      yield {
        line,
        path: line.slice(line.lastIndexOf('\t') + 1),
        type: line[0]!,
        sizeBytes: Number(line.slice(2, tab)),
        n: n++,
        section,
        isFirst: i === 0,
        isLast: i === lines.length - 1,
      }
    }
  }
}

/** Attributes of a prior line that the disk also tells. */
export function attributesOf(line: string): { mtimeNs: bigint; mode: number; uid: number; gid: number; linkTarget: string } {
  const [, , mtime, mode, uid, gid, , , link] = line.split('\t')
  return { mtimeNs: parseMtime(mtime!), mode: Number.parseInt(mode!, 8), uid: Number(uid), gid: Number(gid), linkTarget: link! }
}
