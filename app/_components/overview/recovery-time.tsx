'use client'
import { plural } from '#lib/base/plural.ts'
import { formatDuration } from '#lib/base/units.ts'
import type { Overview } from '#lib/contracts/overview.ts'
import Link from '../link.tsx'
import { SectionHead, Time } from '../parts.tsx'

/** How long a recovery takes, as the last drills measured it. */
export function RecoveryTime({ view: { drills, workspaceId } }: { view: Overview }) {
  const base = `/w/${workspaceId}/evidence`
  const passed = drills.find(({ verdict }) => verdict === 'passed')
  return (
    <section aria-labelledby="rto">
      <SectionHead id="rto" title="Time to recover">
        <Link className="link" href={base}>
          Drills
        </Link>
      </SectionHead>
      {passed ? (
        <div className="rtor">
          <div>
            <p className="fig">{formatDuration(passed.durationMs)}</p>
            <p className="q">
              measured in the drill of{' '}
              <Link className="link" href={`${base}/drills/${passed.jobId}`}>
                <Time iso={passed.finishedAt} />
              </Link>
            </p>
          </div>
          {drills.length > 1 ? <DrillBars drills={drills} /> : null}
        </div>
      ) : (
        <p className="q">Not measured: {drills.length === 0 ? 'no drill has restored an archive yet.' : 'no drill of late has passed.'}</p>
      )}
    </section>
  )
}

/** One bar a drill, oldest first, as high as it took long; what did not pass is hollow. */
function DrillBars({ drills }: { drills: Overview['drills'] }) {
  const longest = Math.max(...drills.map(({ durationMs }) => durationMs), 1)
  const failed = drills.filter(({ verdict }) => verdict !== 'passed').length
  return (
    <span
      className="drills"
      role="img"
      aria-label={`The last ${plural(drills.length, 'drill')}, the longest ${formatDuration(longest)}; ${failed} did not pass`}
    >
      {drills.toReversed().map(({ jobId, durationMs, verdict }) => (
        <i
          key={jobId}
          className={verdict === 'passed' ? '' : verdict === 'archive-bad' ? 'x' : 'e'}
          style={{ height: `${Math.max(12, (durationMs / longest) * 100)}%` }}
          title={formatDuration(durationMs)}
        />
      ))}
    </span>
  )
}
