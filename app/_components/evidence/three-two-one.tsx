'use client'
import { plural, pluralWord } from '#lib/base/plural.ts'
import { useRead } from '#lib/client/queries.ts'
import type { Replica } from '#lib/contracts/replica.ts'
import Link from '../link.tsx'
import { ErrorNote, SectionHead, Time, WideTable } from '../parts.tsx'
import { STATES } from '../replicas/replica-words.ts'

/** Whether copies are safe from one fire, and how far each is. */
export function ThreeTwoOne({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const { data, error } = useRead('listReplicas', { workspace: workspaceId })
  if (error) return <ErrorNote error={error} />
  if (!data) return null
  const { threeTwoOne, replicas } = data
  return (
    <section aria-labelledby="ev-copies">
      <SectionHead id="ev-copies" title="Copies" aside={threeTwoOne.isReached ? '3-2-1 rule kept' : '3-2-1 rule not kept'}>
        <span className="sp" />
        <Link className="btn sm noprint" href={`/w/${workspaceId}/replicas`}>
          Replicas
        </Link>
      </SectionHead>
      <p className={threeTwoOne.isReached ? '' : 'warn'}>
        {threeTwoOne.missing ? `${threeTwoOne.missing} ` : ''}
        {plural(threeTwoOne.copies, 'copy', 'copies')} with the live data, on {plural(threeTwoOne.media, 'medium', 'media')},{' '}
        {threeTwoOne.offHost} off this host, {threeTwoOne.locked} undeletable for a time.
      </p>
      {replicas.length === 0 ? null : <Table replicas={replicas} />}
    </section>
  )
}

function Table({ replicas }: { replicas: readonly Replica[] }) {
  return (
    <WideTable label="Replicas">
      <thead>
        <tr>
          <th>Replica</th>
          <th>State</th>
          <th className="r">Archives</th>
          <th>Newest</th>
          <th>Locked until</th>
        </tr>
      </thead>
      <tbody>
        {replicas.map(({ id, name, place, state }) => (
          <tr key={id}>
            <td>
              {name}
              <p className="q brk">{place}</p>
            </td>
            <td>
              <span className={STATES[state.status].tone}>{STATES[state.status].word}</span>
            </td>
            <td className="r" data-label={pluralWord(state.archivesCopied, 'archive')}>
              {state.archivesCopied}
            </td>
            <td className={state.newestCopiedAt ? undefined : 'none'} data-label="newest">
              {state.newestCopiedAt ? <Time iso={state.newestCopiedAt} /> : '-'}
            </td>
            <td className={state.lockedUntil ? undefined : 'none'} data-label="locked until">
              {state.lockedUntil ? <Time iso={state.lockedUntil} /> : '-'}
            </td>
          </tr>
        ))}
      </tbody>
    </WideTable>
  )
}
