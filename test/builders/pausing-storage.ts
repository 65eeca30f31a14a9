import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { FaultStorage, type StorageCall } from './fault-storage.ts'

/** A storage whose user stands still right before one of its calls, while others take it for dead and go on. */
export class PausingStorage extends FaultStorage {
  private pause: { call: number; meanwhile: () => Promise<void> } | null = null

  /** Right before that call from now on (from 1), its lease counts as stale and `meanwhile` runs to its end. */
  pauseAt(call: number, meanwhile: () => Promise<void>): void {
    this.arm(null)
    this.pause = { call, meanwhile }
  }

  override async run<T>(call: StorageCall, work: () => Promise<T>, half?: () => Promise<void>): Promise<T> {
    if (this.pause && this.calls.length + 1 === this.pause.call) {
      const { meanwhile } = this.pause
      this.pause = null
      rmSync(join(this.location, 'locks/writer.json'), { force: true })
      await meanwhile()
    }
    return super.run(call, work, half)
  }
}
