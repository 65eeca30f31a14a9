import type { Rung } from '#lib/contracts/archive.ts'
import type { ProvenLevel } from '#lib/contracts/overview.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { provenBy } from '../derived-marks.ts'
import { WHOLE_KINDS } from './resolve-archive.ts'

const LEVELS = [5, 4, 3, 2, 1] as const
type Level = (typeof LEVELS)[number]

const OF_WORKSPACE = `a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND ${IS_VISIBLE}
  AND a.kind IN ${WHOLE_KINDS} AND a.suspect = 0`

/** The SQL of the newest archive proven at a level, and of how many are proven at each. What is proven at any level is at level 1, and lapses within weeks: no more is looked at. */
export const PROVEN = {
  newest: (level: Level) => `SELECT a.id, a.created_at_ms AS createdAtMs, a.rungs FROM archives a INDEXED BY archives_proven
    WHERE ${OF_WORKSPACE} AND a.proof_1_until_ms IS NOT NULL AND a.proof_${level}_until_ms > :nowMs ORDER BY a.created_at_ms DESC, a.id DESC LIMIT 1`,
  counts: `SELECT ${LEVELS.map((level) => `TOTAL(a.proof_${level}_until_ms > :nowMs) AS l${level}`).join(', ')}
    FROM archives a INDEXED BY archives_proven WHERE ${OF_WORKSPACE} AND a.proof_1_until_ms IS NOT NULL AND a.proof_1_until_ms > :nowMs`,
}

interface NewestRow {
  id: string
  createdAtMs: number
  rungs: string
}

/** How many whole archives that are not suspect count as proven at each level now, and the newest of them; from level 5 down. */
export function listProvenLevels(db: ReadableDb, workspaceId: string, nowMs: number): ProvenLevel[] {
  return inSnapshot(db, () => {
    const counts = prepared<Record<string, unknown>, Record<`l${Level}`, number>>(db, PROVEN.counts).get({ workspaceId, nowMs })!
    return LEVELS.map((level) => {
      const archives = counts[`l${level}`]
      const row =
        archives > 0 ? prepared<Record<string, unknown>, NewestRow>(db, PROVEN.newest(level)).get({ workspaceId, nowMs }) : undefined
      return { level, archives, newest: row ? newestOf(row, level, nowMs) : null }
    })
  })
}

function newestOf(row: NewestRow, level: Level, nowMs: number): ProvenLevel['newest'] {
  const rung = provenBy(JSON.parse(row.rungs) as Rung[], level, nowMs)
  if (rung === null) return null
  const { checkedAt, durationMs, expiresAt } = rung
  return { id: row.id as `arc_${string}`, createdAt: new Date(row.createdAtMs).toISOString(), checkedAt, durationMs, expiresAt }
}
