import { chmodSync, lchownSync, lutimesSync, utimesSync } from 'node:fs'
import { formatMtime } from '../entry.ts'
import { fsPath, type RawPath } from '../raw-path.ts'
import { fsPathAt } from './open-folders.ts'

/** What is set on a path after its content. */
export interface Attributes {
  mode: number
  uid: number
  gid: number
  mtimeNs: bigint
}

/**
 * Owner, then mode (chown clears set-id bits), then times. Node takes times as doubles or as decimal text; the text keeps times before
 * 1970 too, good to ±120 ns.
 */
export function setFolderAttributes(folderFd: number, attributes: Attributes, setOwners: boolean): void {
  // The handle is an O_PATH one: fchmod and futimes refuse those, their path in /proc is the folder itself.
  const self = fsPath(`/proc/self/fd/${folderFd}/.`)
  if (setOwners) lchownSync(self, attributes.uid, attributes.gid)
  chmodSync(self, attributes.mode)
  const time = formatMtime(attributes.mtimeNs)
  utimesSync(self, time, time)
}

/** The same for a symlink itself, which has no mode. */
export function setLinkAttributes(folderFd: number, name: RawPath, attributes: Attributes, setOwners: boolean): void {
  const path = fsPathAt(folderFd, name)
  if (setOwners) lchownSync(path, attributes.uid, attributes.gid)
  const time = formatMtime(attributes.mtimeNs)
  lutimesSync(path, time, time)
}
