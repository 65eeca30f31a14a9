import { opendirSync, statSync } from 'node:fs'
import { errnoOf } from '#lib/base/errors.ts'
import type { Finding } from '../finding.ts'

/** Whether a target folder can take a restore: true for empty or not there yet, null when it is unusable. */
export function targetState(target: string): { isEmpty: boolean | null; problem: Finding | null } {
  const unusable = (message: string) => ({
    isEmpty: null,
    problem: { severity: 'error' as const, code: 'target_unusable', path: target, message },
  })
  try {
    if (!statSync(target).isDirectory()) return unusable(`${target} is not a folder.`)
    const folder = opendirSync(target)
    try {
      return { isEmpty: folder.readSync() === null, problem: null }
    } finally {
      folder.closeSync()
    }
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT') return { isEmpty: true, problem: null }
    if (errno === 'ENOTDIR') return unusable(`A part of the path ${target} is not a folder.`)
    return unusable(`The folder ${target} cannot be read (${errno ?? 'unknown error'}).`)
  }
}
