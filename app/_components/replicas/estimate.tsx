'use client'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { useRead } from '#lib/client/queries.ts'
import type { Replica } from '#lib/contracts/replica.ts'
import { ErrorNote } from '../parts.tsx'

/** What the first sync will transfer, before anything is sent. */
export function Estimate({ replica }: { replica: Replica }) {
  const { data, error } = useRead('estimateReplica', { replica: replica.id }, { staleTime: 60_000 })
  if (error) return <ErrorNote error={error} />
  if (!data) return <p className="q">Reckoning what the first sync will transfer…</p>
  const { archives, objects, bytes, requests, cost } = data
  return (
    <p className="q">
      The first sync will transfer {plural(archives, 'archive')}: {formatBytes(bytes)} in {plural(objects, 'object')}
      {replica.target.kind === 's3'
        ? `, with about ${formatCount(requests.puts)} PUT, ${formatCount(requests.gets)} GET or HEAD and ${formatCount(requests.lists)} LIST requests`
        : ''}
      .
      {cost
        ? ` By the prices you entered: ${cost.once.toFixed(2)} ${cost.currency} once, then ${cost.perMonth.toFixed(2)} ${cost.currency} a month for what lies there.`
        : ''}
    </p>
  )
}
