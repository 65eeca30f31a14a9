import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '#lib/base/clock.ts'
import { runCommand } from '#lib/orchestrator/run-command.ts'
import { Daemons, freePort } from '../test/builders/daemon.ts'
import { isAlive } from '../test/builders/is-alive.ts'
import { makeBench } from '../test/builders/run-orchive.ts'
import { median } from './measure.ts'

const RUNS = 5
const NAME = 'orch'

/** Medians in milliseconds around a restore of the state file in place, under a running orchestrator. */
export interface StateRestoreFigures {
  /** From the start of the verb to its end: stopped, replaced, validated, started, healthy, undo recorded. */
  verbMs: number
  /** The same orchestrator stopped and started by its own commands alone: from the stop until it is gone, from the start until it is healthy. */
  runtimeMs: number
}

/** Restores the state of a sample workspace several times over. */
export async function measureStateRestore(): Promise<StateRestoreFigures> {
  const bench = await makeBench()
  const daemons = new Daemons(join(bench.folder, 'daemons'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/health`
  const stop = daemons.stop(NAME)
  const start = daemons.startOrchestrator(NAME, bench.workspace.configPath, port)
  const runtime = { stop, start, health: { url, expect: { status: 'healthy' } }, process: { pidFile: daemons.pidFile(NAME) } }
  writeFileSync(join(bench.home, 'orchive.config.json'), JSON.stringify({ workspaces: { sample: { runtime } } }), { mode: 0o600 })
  const say = (verb: string, argv: string[]) =>
    runCommand({ workspace: 'sample', verb, argv, timeoutMs: 20_000, clock: systemClock, env: process.env })
  try {
    await bench.run('backup')
    await say('start', start)
    await until(() => isHealthy(url))
    const own: number[] = []
    const verb: number[] = []
    for (let run = 0; run < RUNS; run++) {
      own.push(
        await timed(async () => {
          const pid = daemons.pid(NAME)
          await say('stop', stop)
          await until(() => !isAlive(pid))
          await say('start', start)
          await until(() => isHealthy(url))
        }),
      )
      verb.push(
        await timed(async () => {
          const done = await bench.run('restore', 'latest', 'orchestrator_state.json', '--in-place', '--yes', '--quiet')
          if (done.code !== 0 && done.code !== 3) throw new Error(`The restore ended with ${done.code}: ${done.stderr}`)
        }),
      )
    }
    return { verbMs: median(verb), runtimeMs: median(own) }
  } finally {
    daemons.killAll(NAME)
    bench.remove()
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(2)
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(url)
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}
