import { errnoOf } from '#lib/base/errors.ts'
import { folderOfRaw, joinRaw, type RawPath } from '../raw-path.ts'
import type { SwapGround } from './swap.ts'
import { syncFolder } from './swap-moves.ts'

/** Makes the renames of all steps durable: those of a folder are once it is. Folders that are gone have nothing to lose. */
export function syncSteps({ bases, areas, steps }: SwapGround): void {
  let last: RawPath | null = null
  for (const step of steps.read()) {
    const folder = folderOfRaw(joinRaw(bases[step.base]!, step.rel))
    const isUntouched = step.do === 'attributes' || (step.do === 'folder' && step.live?.type === 'dir')
    if (isUntouched || folder === last) continue
    last = folder
    syncIfThere(folder === '' ? '/' : folder)
  }
  for (const area of areas) {
    syncIfThere(area.source.base)
    syncIfThere(area.quarantine.base)
  }
}

function syncIfThere(folder: RawPath): void {
  try {
    syncFolder(folder)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR' && errno !== 'ELOOP') throw error
  }
}
