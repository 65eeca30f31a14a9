import { AppError, errnoOf } from '#lib/base/errors.ts'
import { fsPath, joinRaw, type RawPath, rawOfText } from '../raw-path.ts'
import type { Journal, JournalArea } from './journal.ts'
import { liveStat, OpenFolders } from './open-folders.ts'
import { closeArea, type StagingArea } from './staging-areas.ts'
import { StepLog } from './step-log.ts'
import type { SwapGround } from './swap.ts'

/** The ground of a swap as a journal has it, opened again. Throws `restore_unsettled` when a part of it is not there. */
export function openGround(doc: Journal): SwapGround & { close(): void } {
  const bases = doc.bases.map(rawOf)
  const areas = doc.areas.map(openArea)
  const close = () => {
    for (const area of areas) closeArea(area)
  }
  try {
    const steps = StepLog.open(rawOf(doc.stepsFile), doc.stepsCount)
    return {
      bases,
      areas,
      steps,
      close: () => {
        steps.close()
        close()
      },
    }
  } catch (error) {
    close()
    if (errnoOf(error) === null) throw error
    throw gone(doc.stepsFile, 'the list of its steps', errnoOf(error))
  }
}

function openArea(area: JournalArea, index: number): StagingArea {
  const path = rawOf(area.path)
  if (liveStat(fsPath(path))?.type !== 'dir') throw gone(area.path, 'its working folder', null)
  return {
    index,
    parent: rawOf(area.parent),
    path,
    stagedFd: -1,
    source: new OpenFolders(rawOf(area.source)),
    quarantine: new OpenFolders(joinRaw(path, 'quarantine')),
    staged: 0,
  }
}

function rawOf(text: string): RawPath {
  const raw = rawOfText(text)
  if (raw === null) throw gone(text, 'a path of its journal', null)
  return raw
}

function gone(path: string, what: string, errno: string | null): AppError {
  return new AppError('io_failed', {
    message: `${what} ${path} is not there${errno === null || errno === 'ENOENT' ? '' : ` (${errno})`}`,
    hint: 'If it lies on a volume that is not mounted now, mount it.',
    context: { path },
  })
}
