import { rmSync } from 'node:fs'
import { fsPath, joinRaw, type RawPath, textOfRaw } from '../raw-path.ts'
import { quarantineRel, type StagingArea } from './staging-areas.ts'
import { isQuarantined, type Step } from './step-log.ts'
import type { SwapGround } from './swap.ts'
import { syncFolder } from './swap-moves.ts'
import { TextWriter } from './text-writer.ts'

/** What an undo has to know beside the moves themselves. */
export interface QuarantineHead {
  jobId: string
  archiveId: string | null
  safetyArchiveId: string | null
  target: string | null
}

const RECORD = 'quarantine.json'

/**
 * Writes `quarantine.json` into the first area: one object per path that was replaced, made, moved away or changed, in the order it was
 * done, with the place where the old one is kept. Returns how many there are, and how many of them are kept.
 */
export function writeQuarantineRecord(head: QuarantineHead, { bases, areas, steps }: SwapGround): { moves: number; kept: number } {
  const path = joinRaw(areas[0]!.path, RECORD)
  // One that a process began and did not end.
  rmSync(fsPath(path), { force: true })
  const file = new TextWriter(path)
  let kept = 0
  let moves = 0
  try {
    file.add(`${JSON.stringify({ version: 1, ...head }).slice(0, -1)},"moves":[`)
    for (const step of steps.read()) {
      if (step.do === 'folder' && step.live?.type === 'dir') continue
      const move = moveOf(step, joinRaw(bases[step.base]!, step.rel), areas[step.area]!)
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
