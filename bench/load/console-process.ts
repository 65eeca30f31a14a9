/** The console's process, seen from outside and by its own word. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type RunningConsole, startConsole } from '../../test/builders/start-console.ts'

/** What a run has seen at most. */
export interface Peaks {
  memoryMb: number
  files: number
  blockedMs: number
}

/** A console that can be stopped and started again on its address. */
export class ConsoleUnderLoad {
  readonly peaks: Peaks = { memoryMb: 0, files: 0, blockedMs: 0 }
  private readonly home: string
  private running: RunningConsole
  private server: number

  private constructor(home: string, running: RunningConsole) {
    this.home = home
    this.running = running
    this.server = serverOf(running.pid)
  }

  static async start(home: string): Promise<ConsoleUnderLoad> {
    return new ConsoleUnderLoad(home, await startConsole({ home, env: ENV }))
  }

  get url(): string {
    return this.running.url
  }

  signUp(): Promise<string> {
    return this.running.signUp()
  }

  /** As a service manager does it: asked to end, then started again. Gives how long each took. */
  async restart(): Promise<{ stopMs: number; startMs: number }> {
    const startedMs = performance.now()
    await this.running.stop()
    const stoppedMs = performance.now()
    this.running = await startConsole({ home: this.home, port: Number(new URL(this.url).port), env: ENV })
    this.server = serverOf(this.running.pid)
    return { stopMs: stoppedMs - startedMs, startMs: performance.now() - stoppedMs }
  }

  stop(): Promise<void> {
    return this.running.stop()
  }

  /** Memory in MB and open files, now. */
  look(): { memoryMb: number; files: number } {
    return { memoryMb: memoryKb(this.server) / 1024, files: readdirSync(`/proc/${this.server}/fd`).length }
  }

  /** Looks until `isOver`; a console that is just being restarted is looked at again afterwards. */
  async watch(isOver: () => boolean): Promise<void> {
    const token = readFileSync(join(this.home, 'metrics-token'), 'utf8').trim()
    while (!isOver()) {
      await this.note(token).catch(() => undefined)
      await delay(1000)
    }
  }

  private async note(token: string): Promise<void> {
    const { memoryMb, files } = this.look()
    const { peaks } = this
    peaks.memoryMb = Math.max(peaks.memoryMb, memoryMb)
    peaks.files = Math.max(peaks.files, files)
    const response = await fetch(`${this.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
    const blocked = /^orchive_console_event_loop_blocked_seconds (\S+)$/m.exec(await response.text())
    peaks.blockedMs = Math.max(peaks.blockedMs, Number(blocked?.[1] ?? 0) * 1000)
  }
}

/** Each visitor comes from an address of its own, or the limit on sign-ins would be what is measured. */
const ENV = { ORCHIVE_TRUST_PROXY: '1' }

/** The process that listens on the console's port: below the one that was started, and the largest. */
function serverOf(pid: number): number {
  const below = (of: number): number[] => {
    const children = readFileSync(`/proc/${of}/task/${of}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
    return [of, ...children.flatMap(below)]
  }
  return below(pid).toSorted((a, b) => memoryKb(b) - memoryKb(a))[0]!
}

const memoryKb = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
