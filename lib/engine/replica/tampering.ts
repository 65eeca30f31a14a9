import { throwIfCancelled } from '../cancelled.ts'
import { COPIED_FOLDERS } from './object-names.ts'
import type { SyncFigures, SyncInput } from './replica-types.ts'

/** What somebody did to locked objects is told once, and what it hides is put in its place again; markers and versions stay as evidence. */
export async function answerTampering(input: SyncInput, figures: SyncFigures): Promise<void> {
  const { memory } = input
  const { immutability } = input.place
  if (!immutability) return
  for (const folder of COPIED_FOLDERS) {
    for await (const attempt of immutability.listTampering(folder)) {
      throwIfCancelled(input.signal)
      // What a sync took away, or put right, looks the same; of what should be there as it was written, nothing does.
      if (memory.objects[attempt.name] === undefined || memory.replaced.includes(attempt.name)) continue
      if (attempt.isHidden) {
        await immutability.putBack(attempt.name)
        figures.healed.push(attempt.name)
      }
      if (memory.seenTampering.includes(attempt.versionId)) continue
      figures.tampering.push(attempt)
      memory.seenTampering.push(attempt.versionId)
    }
  }
}
