import { join } from 'node:path'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { RecoveryPlace } from '#lib/engine/restore/journal.ts'

/** Where a test keeps journals and undos: a folder of its own beside the workspace. */
export function recoveryOf(folder: string, workspaceId: WorkspaceId, more: Partial<RecoveryPlace> = {}): RecoveryPlace {
  return {
    folder: join(folder, 'journals'),
    workspaceId,
    workspace: 'test',
    nowMs: () => Date.now(),
    keepUndoMs: 7 * 86_400_000,
    ...more,
  }
}
