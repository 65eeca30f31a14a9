import { utimesSync } from 'node:fs'
import { formatMtime } from '../entry.ts'
import { fsPath, type RawPath } from '../raw-path.ts'
import { liveStat } from './open-folders.ts'

/** Does something in a folder that is nobody's business there: its own time stays as it was, good to ±120 ns, where this user may set it. */
export function keepTimes<T>(folder: RawPath, work: () => T): T {
  const before = liveStat(fsPath(folder))
  try {
    return work()
  } finally {
    if (before?.type === 'dir') setBack(folder, before.mtimeNs)
  }
}

function setBack(folder: RawPath, mtimeNs: bigint): void {
  try {
    const time = formatMtime(mtimeNs)
    utimesSync(fsPath(folder), time, time)
  } catch {
    // Somebody else's folder, or gone.
  }
}
