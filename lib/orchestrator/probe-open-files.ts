import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { errnoOf } from '#lib/base/errors.ts'
import { ownDescendants, processIds } from './process-table.ts'

/** All files that processes hold open right now, this process and its children left out. */
export interface OpenFilesSight {
  /** True for a file that is certainly open; false says nothing about processes that could not be seen. */
  isOpen(dev: bigint, ino: bigint): boolean
  /** Processes that could not be looked into for want of rights; null where nothing can be seen. */
  unseen: number | null
}

/** Looks once through the descriptors of every process. */
export function probeOpenFiles(): OpenFilesSight {
  const pids = processIds()
  if (pids === null) return { isOpen: () => false, unseen: null }
  const ours = ownDescendants(pids)
  const open = new Set<string>()
  let unseen = 0
  for (const pid of pids) if (!ours.has(pid) && !gather(pid, open)) unseen++
  return { isOpen: (dev, ino) => open.has(`${dev}:${ino}`), unseen }
}

/** False when the process may not be looked into. */
function gather(pid: number, open: Set<string>): boolean {
  let names: string[]
  try {
    names = readdirSync(`/proc/${pid}/fd`)
  } catch (error) {
    const errno = errnoOf(error)
    return errno !== 'EACCES' && errno !== 'EPERM'
  }
  for (const name of names) {
    try {
      const at = `/proc/${pid}/fd/${name}`
      // Only what lies on a file system is asked for its identity: sockets and pipes are most of a server's.
      if (!readlinkSync(at).startsWith('/')) continue
      const { dev, ino } = statSync(at, { bigint: true })
      open.add(`${dev}:${ino}`)
    } catch {
      // Closed in the meantime.
    }
  }
  return true
}
