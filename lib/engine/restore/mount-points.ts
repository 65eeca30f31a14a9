import { readFileSync } from 'node:fs'
import { type RawPath, rawOfBytes } from '../raw-path.ts'

/**
 * Where file systems are mounted, bind mounts and single mounted files included: a rename cannot cross these, even when both sides
 * are on the same device. Source: `/proc/self/mountinfo`, field 5 (proc_pid_mountinfo(5)); unreadable = no mount points known.
 */
export class MountPoints {
  private readonly points: Set<RawPath>

  constructor(points: Iterable<RawPath>) {
    this.points = new Set(points)
  }

  static read(): MountPoints {
    try {
      return MountPoints.parse(rawOfBytes(readFileSync('/proc/self/mountinfo')))
    } catch {
      return new MountPoints(['/'])
    }
  }

  static parse(mountinfo: string): MountPoints {
    const points = mountinfo
      .split('\n')
      .map((line) => line.split(' ')[4])
      .filter((field) => field !== undefined)
      .map((field) => field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    return new MountPoints(points)
  }

  /** True when something is mounted exactly here. */
  has(path: RawPath): boolean {
    return this.points.has(path)
  }

  /** The mount that an absolute path belongs to. */
  of(path: RawPath): RawPath {
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) if (this.points.has(at)) return at
    return '/'
  }

  /** A mount point inside the folder (not the folder itself); null when there is none. */
  within(folder: RawPath): RawPath | null {
    for (const point of this.points) if (point.startsWith(`${folder}/`)) return point
    return null
  }
}
