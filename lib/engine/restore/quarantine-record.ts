import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { fsPath, joinRaw, textOfRaw } from '../raw-path.ts'
import type { Destinations } from './destinations.ts'
import { quarantineRel, type StagingArea } from './staging-areas.ts'
import type { StepLog } from './step-log.ts'
import { isQuarantined } from './swap.ts'
import { syncFolder } from './swap-moves.ts'

/** What an undo has to know beside the moves themselves. */
export interface QuarantineHead {
  jobId: string
  archiveId: string
  safetyArchiveId: string | null
  target: string | null
}

/**
 * Writes `quarantine.json` into the first area: one object per path that was replaced, made, moved away or changed, in the order it was
 * done, with the place where the old one is kept. Returns how many there are, and how many of them are kept.
 */
export function writeQuarantineRecord(
  head: QuarantineHead,
  destinations: Destinations,
  areas: readonly StagingArea[],
  steps: StepLog,
): { moves: number; kept: number } {
  const fd = openSync(fsPath(joinRaw(areas[0]!.path, 'quarantine.json')), 'wx', 0o600)
  let kept = 0
  let moves = 0
  try {
    writeSync(fd, `${JSON.stringify({ version: 1, ...head }).slice(0, -1)},"moves":[`)
    for (const step of steps.read()) {
      if (step.do === 'folder' && step.live?.type === 'dir') continue
      const absolute = joinRaw(destinations.bases[step.base]!.path, step.rel)
      const area = areas[step.area]!
      const isKept = isQuarantined(step)
      if (isKept) kept++
      const move = {
        did: step.do === 'attributes' ? 'changed' : step.do === 'quarantine' ? 'moved-away' : step.live === null ? 'made' : 'replaced',
        path: textOfRaw(absolute),
        keptAt: isKept ? textOfRaw(joinRaw(area.path, joinRaw('quarantine', quarantineRel(area, absolute)))) : null,
        before:
          step.live === null
            ? null
            : { ...step.live, dev: undefined, ino: undefined, mtimeNs: String(step.live.mtimeNs), ctimeNs: undefined },
      }
      writeSync(fd, `${moves === 0 ? '' : ','}\n${JSON.stringify(move)}`)
      moves++
    }
    writeSync(fd, '\n]}\n')
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  syncFolder(areas[0]!.path)
  return { moves, kept }
}
