import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '#lib/base/clock.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { changesOf, itemKeys } from '#lib/engine/compare/entry-change.ts'
import { deltaOf } from '#lib/engine/compare/entry-delta.ts'
import type { Json } from '#lib/engine/compare/json/json-value.ts'
import { Tally } from '#lib/engine/compare/tally.ts'
import { isTimeAlone } from '#lib/engine/entry.ts'
import { openRepository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { recordDiffOf } from '#lib/services/compare/compare-file.ts'
import { addTasks, sampleState } from '../test/builders/sample-state.ts'
import { median } from './measure.ts'
import type { WideWorkspace } from './wide-workspace.ts'

const RUNS = 7
const CHANGED_EVERY = 200

/** Medians in milliseconds of two archives of 100,000 files compared by the engine, the repository opened anew for each run. */
export interface CompareFigures {
  /** One file in two hundred was written anew, spread over all folders. */
  changedMs: number
  /** Every file has a new time and the same content, as the stock backup script leaves them: every line of both is read. */
  touchedMs: number
}

/** Takes two more archives of the workspace and compares each with the one before. */
export async function measureCompare(wide: WideWorkspace): Promise<CompareFigures> {
  const first = wide.backUp()
  for (let i = 0; i < wide.files.length; i += CHANGED_EVERY) writeFileSync(wide.files[i]!, `written anew ${i}\n`)
  const changed = wide.backUp()
  const now = systemClock.realNowMs() / 1000
  for (const file of wide.files) utimesSync(file, now, now)
  const touched = wide.backUp()
  return {
    changedMs: await medianCompareMs(wide.home, first, changed, wide.files.length / CHANGED_EVERY),
    touchedMs: await medianCompareMs(wide.home, changed, touched, 0),
  }
}

async function medianCompareMs(home: string, a: string, b: string, expected: number): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const startedMs = performance.now()
    const repository = await openRepository(openLocalStorage(join(home, 'repository')))
    const before = await repository.readManifest(a as ArchiveId)
    const after = await repository.readManifest(b as ArchiveId)
    const tally = new Tally(before.items, after.items)
    let found = 0
    for await (const change of changesOf(
      deltaOf(repository, before, after, repository, isTimeAlone),
      itemKeys(before.items, after.items),
    )) {
      tally.add(change)
      found++
    }
    times.push(performance.now() - startedMs)
    if (found !== expected) throw new Error(`${found} changes were found, not ${expected}`)
  }
  return median(times)
}

const STATE_BYTES = 20_000_000
/** Records that are shown of each kind of a list. */
const SHOWN = 500

/** Median in milliseconds of two state texts of 20 MB told apart by their records, from the bytes to the masked answer. */
export function measureStateDiff(): number {
  const [before, after] = twoStates()
  const times: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const startedMs = performance.now()
    const [a, b] = [JSON.parse(before.toString('utf8')) as Json, JSON.parse(after.toString('utf8')) as Json]
    const diff = recordDiffOf('orchestrator_state.json', a, b, SHOWN)
    times.push(performance.now() - startedMs)
    if (diff.lists.length === 0) throw new Error('no list differs')
  }
  return median(times)
}

/** Two states of 20 MB, a day of tasks apart; the executions carry as much text as it takes. */
function twoStates(): [Buffer, Buffer] {
  const atMs = Date.UTC(2026, 10, 23)
  const state = sampleState(6000, 1, atMs)
  const padding = Math.ceil((STATE_BYTES - JSON.stringify(state, null, 2).length) / state.taskExecutions.length)
  for (const [i, record] of (state.taskExecutions as Record<string, unknown>[]).entries()) {
    record['output'] = `${i} handled. `.repeat(Math.ceil(padding / 12)).slice(0, Math.max(0, padding))
  }
  const before = Buffer.from(JSON.stringify(state, null, 2))
  addTasks(state, 400, 2, atMs + 86_400_000, 86_400_000)
  return [before, Buffer.from(JSON.stringify(state, null, 2))]
}
