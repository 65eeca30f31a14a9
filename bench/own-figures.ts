import { join } from 'node:path'
import { measureCompare, measureStateDiff } from './engine-compare.ts'
import { measureFolderPage } from './folder-page.ts'
import { measure, median } from './measure.ts'
import { ORCHIVE } from './racers/orchive.ts'
import type { OwnFigures } from './results.ts'
import { measureStateRestore } from './state-restore.ts'
import { makeWideWorkspace } from './wide-workspace.ts'

/** Measures the console and the engine where no peer has the same to offer. */
export async function measureOwn(folder: string): Promise<OwnFigures> {
  const starts: number[] = []
  for (let i = 0; i < 7; i++) starts.push((await measure([ORCHIVE, '--version'])).wallMs)
  const stateDiffMs = measureStateDiff()
  const stateRestore = await measureStateRestore()
  console.error('Generating a workspace of 100,000 files…')
  const wide = makeWideWorkspace(join(folder, 'wide'))
  const compare = await measureCompare(wide)
  return { versionMs: median(starts.slice(1)), folderPageMs: await measureFolderPage(wide), compare, stateDiffMs, stateRestore }
}
