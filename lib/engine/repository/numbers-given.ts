/**
 * Numbers of a series are never given out twice. While an archive is there its manifest says its number; what a prune takes away for good leaves a
 * note of the highest one, made before the manifest goes.
 */
import { AppError } from '#lib/base/errors.ts'
import type { SeriesId } from '#lib/base/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { encodeSummedLine } from './summed-line.ts'

const NOTE = /^trash\/numbers\/(ser_[0-9a-f]{16})-(\d+)\.json$/

/** Numbers that archives had which are gone for good. */
export async function readNumbersGiven(storage: Storage): Promise<[SeriesId, number][]> {
  const given: [SeriesId, number][] = []
  for await (const { name } of storage.list('trash/numbers/')) {
    const match = NOTE.exec(name)
    if (match) given.push([match[1] as SeriesId, Number(match[2])])
  }
  return given
}

/** Notes a number, durable when this returns; lower ones of the series need no note any more. */
export async function noteNumberGiven(storage: Storage, series: SeriesId, number: number): Promise<void> {
  const of = (await readNumbersGiven(storage)).filter(([other]) => other === series).map(([, n]) => n)
  if (of.some((n) => n >= number)) return
  try {
    await storage.put(nameOf(series, number), encodeSummedLine({ series, number }))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'object_exists') throw error
  }
  for (const lower of of) await storage.remove(nameOf(series, lower))
}

const nameOf = (series: SeriesId, number: number) => `trash/numbers/${series}-${number}.json`
