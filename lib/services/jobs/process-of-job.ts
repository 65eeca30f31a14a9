import type { ProcessIdentity as StoredIdentity } from '#db/console/job-record.ts'
import { identityOf, type ProcessIdentity, stateOf } from '#lib/engine/repository/process-identity.ts'

/** The identity of a process as job rows keep it. */
export function storedIdentity(pid: number): StoredIdentity {
  const identity = identityOf(pid)
  return {
    pid,
    startTime: identity.startTicks ?? '',
    bootId: identity.bootId ?? '',
    host: `${identity.host} ${identity.pidNamespace ?? ''}`,
  }
}

/** What became of a job's process; `unknown` when it is of another host or container, where this one cannot see. */
export function stateOfProcess(stored: StoredIdentity): 'alive' | 'dead' | 'unknown' {
  const [host, pidNamespace] = stored.host.split(' ')
  const identity: ProcessIdentity = {
    host: host!,
    pidNamespace: pidNamespace || null,
    bootId: stored.bootId || null,
    pid: stored.pid,
    startTicks: stored.startTime || null,
  }
  return stateOf(identity)
}
