import { readFileSync } from 'node:fs'
import { errnoOf } from '#lib/base/errors.ts'
import type { HostProcess } from './host-config-shape.ts'
import { isRunning, ownAncestors, ownDescendants, processIds, type SeenProcess, seeProcess, viewLimit } from './process-table.ts'

export interface ProcessSight {
  /** The orchestrator's processes that run now, by pid. */
  running: SeenProcess[]
  /** Why it may run without being seen; null when an empty list means that it does not run. */
  doubt: string | null
}

/** Looks for the orchestrator's processes. Never takes this process, its children or those that started it for one. */
export function probeProcess(how: HostProcess): ProcessSight {
  return how.pidFile === undefined ? matchingProcesses(new RegExp(how.match!)) : processOfFile(how.pidFile)
}

function matchingProcesses(pattern: RegExp): ProcessSight {
  const pids = processIds()
  if (pids === null) return { running: [], doubt: viewLimit() }
  const kin = new Set([...ownDescendants(pids), ...ownAncestors()])
  const running = pids.flatMap((pid) => {
    const seen = kin.has(pid) ? null : seeProcess(pid)
    return seen !== null && seen.commandLine !== '' && pattern.test(seen.commandLine) ? [seen] : []
  })
  return { running, doubt: viewLimit() }
}

function processOfFile(pidFile: string): ProcessSight {
  let text: string
  try {
    text = readFileSync(pidFile, 'utf8').trim()
  } catch (error) {
    const errno = errnoOf(error)
    // Many services remove it when they end, but a path that is wrong looks the same.
    return { running: [], doubt: errno === 'ENOENT' ? `there is no pid file ${pidFile}` : `${pidFile} cannot be read (${errno})` }
  }
  const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0
  if (pid === 0) return { running: [], doubt: `${pidFile} holds no process id` }
  return { running: isRunning(pid) ? [seeProcess(pid) ?? { pid, commandLine: '' }] : [], doubt: viewLimit() }
}
