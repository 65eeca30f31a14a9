import { readFileSync } from 'node:fs'

export interface Mount {
  point: string
  device: string
  type: string
}

/** The file system that a path lies on, as the kernel names it; null where it does not tell. Source: `/proc/self/mountinfo` (proc_pid_mountinfo(5)). */
export function mountOf(path: string): Mount | null {
  try {
    return deepest(readFileSync('/proc/self/mountinfo', 'utf8'), path)
  } catch {
    return null
  }
}

/** Of all mounts above a path the deepest; of several on one point the last, which lies over the others. */
export function deepest(mountinfo: string, path: string): Mount | null {
  let found: Mount | null = null
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const point = plain(before.split(' ')[4] ?? '')
    const [type = '', device = ''] = after.split(' ')
    const isAbove = point === '/' || path === point || path.startsWith(`${point}/`)
    if (point !== '' && isAbove && point.length >= (found?.point.length ?? 0)) found = { point, device: plain(device), type }
  }
  return found
}

/** The kernel writes spaces and the like as octal. */
const plain = (field: string) => field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
