import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { HostPlan, Room } from '#lib/contracts/host.ts'
import { mountOf } from '../evidence/mount-of.ts'

/** What comes back needs of each file system, the tightest first. */
export function volumesOf(plans: readonly Pick<HostPlan, 'workspaceId' | 'items'>[]): Room[] {
  const volumes = new Map<number, Room>()
  for (const { workspaceId, items } of plans) {
    for (const { key, path, contentBytes, isLeftOut } of items) {
      if (path === null || isLeftOut || contentBytes === 0) continue
      const there = thereAbove(path)
      const { dev } = statSync(there)
      const volume = volumes.get(dev) ?? { path: mountOf(there)?.point ?? there, neededBytes: 0, freeBytes: freeBytesAt(there), needs: [] }
      volume.neededBytes += contentBytes
      volume.needs.push({ workspaceId: workspaceId as WorkspaceId, key, bytes: contentBytes })
      volumes.set(dev, volume)
    }
  }
  return [...volumes.values()].toSorted((a, b) => a.freeBytes - a.neededBytes - (b.freeBytes - b.neededBytes))
}

/** Throws `target_full` where a file system seems to have too little room, unless somebody said that it does not matter. */
export function assertRoom([tightest]: readonly Room[], ignoreSpace: boolean): void {
  if (ignoreSpace || tightest === undefined || tightest.neededBytes <= tightest.freeBytes) return
  const { path, neededBytes, freeBytes } = tightest
  throw new AppError('target_full', {
    message: `Bringing it back needs up to ${formatBytes(neededBytes)} on ${path}, and ${formatBytes(freeBytes)} are free there.`,
    hint: 'Make room, leave items out or send some elsewhere. Sparse files may need less: --ignore-space starts all the same, and what does not fit stops before anything of it is written.',
    context: { path, neededBytes, freeBytes },
  })
}

/** The deepest folder above a path that is there, or the path itself. */
function thereAbove(path: string): string {
  let at = path
  while (!existsSync(at)) at = dirname(at)
  return at
}

function freeBytesAt(there: string): number {
  const { bavail, bsize } = statfsSync(there)
  return bavail * bsize
}
