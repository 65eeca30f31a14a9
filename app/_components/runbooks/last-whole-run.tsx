'use client'
import { useNow } from '#lib/client/now.ts'
import { useRead } from '#lib/client/queries.ts'
import { isMissing, wholeHostResult } from '#lib/contracts/whole-host-words.ts'

/** Each workspace of a run is a job, too, and younger than the run itself. */
const LOOKED_AT = 200
/** What was left over for so long was brought back in some other way, or is not wanted. */
const LONG_AGO_MS = 7 * 86_400_000

/** The way back to what is under way, or to what it left over. */
export function LastWholeRun({ onShow }: { onShow(jobId: string): void }) {
  const now = useNow(60_000)
  const { data } = useRead('listJobs', { kind: 'recover', limit: LOOKED_AT })
  const job = data?.rows.find(({ result }) => wholeHostResult(result) !== null)
  const missing = wholeHostResult(job?.result)?.workspaces.filter(isMissing).length ?? 0
  const isOver = job?.status === 'finished' && (missing === 0 || now - Date.parse(job.createdAt) > LONG_AGO_MS)
  if (!job || isOver) return null
  return (
    <div className="note warn" role="status">
      <div>
        <p className="b">
          {job.status === 'finished' ? `“${job.title}” left ${missing} that did not come back.` : `“${job.title}” is under way.`}
        </p>
      </div>
      <button type="button" className="btn sm" onClick={() => onShow(job.id)}>
        {job.status === 'finished' ? 'See what is missing' : 'Follow it'}
      </button>
    </div>
  )
}
