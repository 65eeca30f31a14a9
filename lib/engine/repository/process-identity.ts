/** Who a process is, so that another can tell whether it is still the one that wrote a lease. */
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessIdentity {
  host: string
  /** Changes with every boot; null where the system does not tell. */
  bootId: string | null
  /** Inode of the pid namespace: a pid means something only within it. */
  pidNamespace: string | null
  pid: number
  /** Clock ticks between boot and the process's start: tells a reused pid from the old one. */
  startTicks: string | null
}

/** This process. */
export const ownIdentity = (): ProcessIdentity => identityOf(process.pid)

/** A process of this pid namespace. */
export function identityOf(pid: number): ProcessIdentity {
  return {
    host: hostname(),
    bootId: readText('/proc/sys/kernel/random/boot_id'),
    pidNamespace: namespaceOf('self'),
    pid,
    startTicks: startTicksOf(pid),
  }
}

/** `dead` only when that is certain: same host, boot and pid namespace, and that very process is gone. Else `alive` or `unknown`. */
export function stateOf(other: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  const own = ownIdentity()
  if (own.bootId === null || other.host !== own.host || other.pidNamespace !== own.pidNamespace) return 'unknown'
  if (other.bootId !== own.bootId) return 'dead'
  const ticks = startTicksOf(other.pid)
  if (ticks === null) return 'dead'
  return ticks === other.startTicks ? 'alive' : 'dead'
}

function startTicksOf(pid: number): string | null {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The command name in parentheses may hold anything; fields are counted from behind it. Z and X are processes that ended.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
}

function namespaceOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return null
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
  }
}
