import { joinRaw, type RawPath, textOfRaw } from '../raw-path.ts'
import type { Destinations } from './destinations.ts'
import { quarantineRel, type StagingArea } from './staging-areas.ts'
import type { Step, StepLog } from './step-log.ts'
import { isQuarantined } from './swap.ts'
import { syncFolder } from './swap-moves.ts'
import { TextWriter } from './text-writer.ts'

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
  const file = new TextWriter(joinRaw(areas[0]!.path, 'quarantine.json'))
  let kept = 0
  let moves = 0
  try {
    file.add(`${JSON.stringify({ version: 1, ...head }).slice(0, -1)},"moves":[`)
    for (const step of steps.read()) {
      if (step.do === 'folder' && step.live?.type === 'dir') continue
      const move = moveOf(step, joinRaw(destinations.bases[step.base]!.path, step.rel), areas[step.area]!)
      if (move.keptAt !== null) kept++
      file.add(`${moves === 0 ? '' : ','}\n${JSON.stringify(move)}`)
      moves++
    }
    file.add('\n]}\n')
    file.sync()
  } finally {
    file.close()
  }
  syncFolder(areas[0]!.path)
  return { moves, kept }
}

function moveOf(step: Step, absolute: RawPath, area: StagingArea) {
  const { live } = step
  const did = step.do === 'attributes' ? 'changed' : step.do === 'quarantine' ? 'moved-away' : live === null ? 'made' : 'replaced'
  const keptAt = isQuarantined(step) ? textOfRaw(joinRaw(area.path, joinRaw('quarantine', quarantineRel(area, absolute)))) : null
  const before = live && {
    type: live.type,
    sizeBytes: live.sizeBytes,
    mtimeNs: String(live.mtimeNs),
    mode: live.mode,
    uid: live.uid,
    gid: live.gid,
  }
  return { did, path: textOfRaw(absolute), keptAt, before }
}
