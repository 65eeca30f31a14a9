import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { errnoOf } from '#lib/base/errors.ts'
import { ownDescendants, processIds, type SeenProcess, seeProcess } from './process-table.ts'

export interface OpenFileSight {
  isThere: boolean
  /** Processes that hold the file open, under whatever name, for reading or writing. */
  holders: SeenProcess[]
  /** Processes that could not be looked into for want of rights; null where nothing can be. */
  unseen: number | null
}

/** Looks who holds a file open, this process and its children left out. Throws `io_failed`-like system errors only for the file itself. */
export function probeOpenFile(path: string): OpenFileSight {
  const file = identityOf(path)
  const pids = processIds()
  if (file === null || pids === null) return { isThere: file !== null, holders: [], unseen: pids === null ? null : 0 }
  const ours = ownDescendants(pids)
  const holders: SeenProcess[] = []
  let unseen = 0
  for (const pid of pids) {
    if (ours.has(pid)) continue
    const held = holds(pid, file)
    if (held === 'unseen') unseen++
    else if (held) holders.push(seeProcess(pid) ?? { pid, commandLine: '' })
  }
  return { isThere: true, holders, unseen }
}

interface FileIdentity {
  dev: bigint
  ino: bigint
}

function holds(pid: number, file: FileIdentity): boolean | 'unseen' {
  let names: string[]
  try {
    names = readdirSync(`/proc/${pid}/fd`)
  } catch (error) {
    const errno = errnoOf(error)
    return errno === 'EACCES' || errno === 'EPERM' ? 'unseen' : false
  }
  return names.some((name) => {
    try {
      const at = `/proc/${pid}/fd/${name}`
      // Only what lies on a file system is asked for its identity: sockets and pipes are most of a server's.
      if (!readlinkSync(at).startsWith('/')) return false
      const { dev, ino } = statSync(at, { bigint: true })
      return dev === file.dev && ino === file.ino
    } catch {
      // Closed in the meantime.
      return false
    }
  })
}

function identityOf(path: string): FileIdentity | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return { dev, ino }
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return null
    throw error
  }
}
