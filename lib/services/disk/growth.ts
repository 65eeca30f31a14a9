import type { ItemGrowthPoint } from '#db/catalog/queries/item-growth.ts'

/** What the archives say about how fast things grow. */
export interface Growth {
  /** Bytes a day by item key; empty = unknown. */
  perDay: ReadonlyMap<string, number>
  /** Bytes a day that archives add to the repository; null = unknown. */
  repositoryPerDay: number | null
  method: string
  fromMs: number | null
  toMs: number | null
  archives: number
}

const DAY_MS = 86_400_000
/** How far back growth is looked at. */
export const GROWTH_DAYS = 30
/** Archives closer together than this say nothing about a day. */
const SHORTEST_MS = DAY_MS
const METHOD = `A straight line from the first to the last backup of the last ${GROWTH_DAYS} days, since the last offload`

/**
 * Growth by item from backups in time order: the line between the first and the last. What left in an offload is no shrinking, so the
 * line begins after the newest one. Fewer than two backups a day or more apart say nothing.
 */
export function growthOf(points: readonly ItemGrowthPoint[]): Growth {
  const offloadedMs = points.findLast(({ kind }) => kind === 'offload')?.createdAtMs ?? Number.NEGATIVE_INFINITY
  const backups = points.filter(({ kind, createdAtMs }) => kind === 'backup' && createdAtMs > offloadedMs)
  const [first, last] = [backups[0], backups.at(-1)]
  const base = { fromMs: first?.createdAtMs ?? null, toMs: last?.createdAtMs ?? null, archives: backups.length }
  if (!first || !last || last.createdAtMs - first.createdAtMs < SHORTEST_MS) {
    return { ...base, perDay: new Map(), repositoryPerDay: null, method: `${METHOD}; unknown until two of them are a day apart.` }
  }
  const days = (last.createdAtMs - first.createdAtMs) / DAY_MS
  const before = new Map(first.items.map(({ key, contentBytes }) => [key, contentBytes]))
  const perDay = new Map(last.items.map(({ key, contentBytes }) => [key, (contentBytes - (before.get(key) ?? 0)) / days]))
  // What the first one stored was there before the line begins.
  const stored = points.filter((point) => point.createdAtMs > first.createdAtMs && point.createdAtMs <= last.createdAtMs)
  const repositoryPerDay = stored.reduce((sum, { storedBytes }) => sum + storedBytes, 0) / days
  return { ...base, perDay, repositoryPerDay, method: `${METHOD}.` }
}

/** Days until a file system is full at this growth; null = unknown, or it does not grow. */
export function daysUntilFull(freeBytes: number | null, perDayBytes: number | null): number | null {
  if (freeBytes === null || perDayBytes === null || perDayBytes <= 0) return null
  return freeBytes / perDayBytes
}
