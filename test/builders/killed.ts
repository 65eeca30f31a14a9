import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Sends a process a signal and waits for its end; one that has ended by itself meanwhile, as on a busy machine, is not waited for. Gives its exit code; null = it died of a signal. */
export async function killed(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
  return child.exitCode
}
