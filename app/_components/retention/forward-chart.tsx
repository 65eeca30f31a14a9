'use client'
import { memo } from 'react'
import { plural } from '#lib/base/plural.ts'
import { formatDay } from '#lib/client/format.ts'
import type { Forward } from '#lib/contracts/retention.ts'
import { SectionHead } from '../parts.tsx'

/** How many archives there will be over the next year, with one backup a day and each plan applied weekly. */
export const ForwardChart = memo(function ForwardChart({ forward, now }: { forward: Forward; now: number }) {
  const last = forward.at(-1)
  if (!last) return null
  const most = Math.max(now, ...forward.map(({ archives }) => archives))
  const half = forward[Math.floor((forward.length - 1) / 2)]
  return (
    <section aria-labelledby="rt-fwd">
      <SectionHead id="rt-fwd" title="The next year" aside="with one backup a day" />
      <div className="rt-fwd" aria-hidden="true">
        {forward.map(({ at, archives }) => (
          <i
            key={at}
            style={{ height: `${Math.max(2, (archives / most) * 100)}%` }}
            title={`${formatDay(at)}: ${plural(archives, 'archive')}`}
          />
        ))}
      </div>
      <div className="rt-fax q" aria-hidden="true">
        <span>{formatDay(forward[0]!.at)}</span>
        <span>{half ? formatDay(half.at) : ''}</span>
        <span>{formatDay(last.at)}</span>
      </div>
      <p className="s">
        {plural(now, 'archive')} now, {half ? `${half.archives} in half a year, ` : ''}
        {last.archives} in a year; history then reaches back to {formatDay(last.oldestAt)} {last.oldestAt.slice(0, 4)}.
      </p>
    </section>
  )
})
