/** Processes as /proc shows them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface SeenProcess {
  pid: number
  /** Its words joined by single spaces; empty for kernel threads and processes that ended. */
  commandLine: string
}

/** Ids of all processes that can be seen; null where there is no /proc. */
export function processIds(): number[] | null {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return null
  }
}

/** The command line of a process; null when it is gone, also when it ended between two looks. */
export function seeProcess(pid: number): SeenProcess | null {
  const text = readText(`/proc/${pid}/cmdline`)
  return text === null ? null : { pid, commandLine: text.replaceAll('\0', ' ').trimEnd() }
}

/** Whether a process runs; one that ended and was not yet waited for does not. */
export function isRunning(pid: number): boolean {
  const fields = statFields(pid)
  return fields !== null && fields[0] !== 'Z' && fields[0] !== 'X'
}

/** This process and all that it started, directly or not. */
export function ownDescendants(pids: readonly number[]): Set<number> {
  const parents = new Map(pids.map((pid) => [pid, parentOf(pid)]))
  const family = new Set([process.pid])
  for (let grew = true; grew; ) {
    grew = false
    for (const [pid, parent] of parents) {
      if (parent !== null && family.has(parent) && !family.has(pid)) {
        family.add(pid)
        grew = true
      }
    }
  }
  return family
}

/** Those that this process was started by, up to the first process: a shell or sudo whose words may name anything. */
export function ownAncestors(): Set<number> {
  const ancestors = new Set<number>()
  for (let pid = parentOf(process.pid); pid !== null && pid > 0 && !ancestors.has(pid); pid = parentOf(pid)) ancestors.add(pid)
  return ancestors
}

/** Inode of the first pid namespace (PROC_PID_INIT_INO of the kernel); in any other, processes outside it are not seen. */
const FIRST_NAMESPACE = 'pid:[4026531836]'

/** Why a process may run without being seen here; null when every process of the host is seen. */
export function viewLimit(): string | null {
  try {
    if (readlinkSync('/proc/self/ns/pid') !== FIRST_NAMESPACE) return 'Orchive runs in a container and sees only the processes inside it'
  } catch {
    return 'this system does not show its processes'
  }
  return readText('/proc/1/cmdline') === null ? 'this host hides the processes of other users (hidepid)' : null
}

/** Program and first word of a command line: later words can hold secrets. */
export function shortName({ commandLine }: SeenProcess): string {
  const words = commandLine.split(' ').slice(0, 2).join(' ')
  return words.length > 120 ? `${words.slice(0, 119)}…` : words || 'no command line'
}

function parentOf(pid: number): number | null {
  const parent = Number(statFields(pid)?.[1])
  return Number.isInteger(parent) ? parent : null
}

/** State, parent, …: what stands behind the command name, which may hold anything. */
function statFields(pid: number): string[] | null {
  const stat = readText(`/proc/${pid}/stat`)
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
