import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Only root may mount, and not in every container: tests that need a small or a read-only disk skip themselves otherwise. */
export function canMount(): boolean {
  const at = mkdtempSync(join(tmpdir(), 'orchive-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', at], { stdio: 'ignore' })
    execFileSync('umount', [at], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(at, { recursive: true, force: true })
  }
}

/** File systems that a test mounted; `unmountAll` belongs into its `afterEach`. */
export class Mounts {
  private readonly places: string[] = []

  mount(at: string, ...options: string[]): void {
    execFileSync('mount', [...options, at], { stdio: 'ignore' })
    this.places.push(at)
  }

  /** A disk of this size at a folder, which is made. */
  mountSmallDisk(at: string, size: string): void {
    mkdirSync(at, { recursive: true })
    this.mount(at, '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs')
  }

  unmountAll(): void {
    for (const place of this.places.splice(0).reverse()) execFileSync('umount', ['-l', place], { stdio: 'ignore' })
  }
}
