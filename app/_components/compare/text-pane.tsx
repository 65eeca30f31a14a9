'use client'
import dynamic from 'next/dynamic'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { useRead } from '#lib/client/queries.ts'
import type { SideId, TextDiff } from '#lib/contracts/compare.ts'
import { ErrorNote, Reading } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'

const MergeText = dynamic(() => import('./merge-text.tsx'), { ssr: false, loading: () => <Reading rows={8} /> })

interface Props {
  workspaceId: `ws_${string}`
  a: SideId
  b: SideId
  path: string
  isJson: boolean
}

/** A window of both sides as text; larger files window by window. */
export function TextPane({ workspaceId, a, b, path, isJson }: Props) {
  const { params, set } = useUrlState()
  const offset = Number(params.get('offset') ?? 0) || 0
  const { data, error, refetch } = useRead('compareText', { workspace: workspaceId, a, b, path, offset }, { staleTime: 30_000, keep: true })
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  if (!data) return <Reading rows={8} />
  if (data.a.isBinary || data.b.isBinary) {
    return (
      <p className="empty pad">
        Binary: {sizeOf(data.a)} in A, {sizeOf(data.b)} in B. Nothing to show as text.
      </p>
    )
  }
  const next = largest(data.a.nextOffsetBytes, data.b.nextOffsetBytes)
  return (
    <>
      <p className="facts pad">
        <span>
          {sizeOf(data.a)} → {sizeOf(data.b)}
        </span>
        {data.maskedSecrets > 0 ? <span>{plural(data.maskedSecrets, 'secret')} masked</span> : null}
        {offset > 0 ? <span>from {formatBytes(offset)} on</span> : next === null ? null : <span>the first 2 MB</span>}
        {offset > 0 ? (
          <button type="button" className="btn sm" onClick={() => set({ offset: null })}>
            From the start
          </button>
        ) : null}
        {next === null ? null : (
          <button type="button" className="btn sm" onClick={() => set({ offset: String(next) })}>
            Next 2 MB
          </button>
        )}
      </p>
      <MergeText before={data.a.text ?? ''} after={data.b.text ?? ''} isJson={isJson} label={`Text of ${path}, A and B`} />
    </>
  )
}

const sizeOf = ({ sizeBytes }: TextDiff['a']) => (sizeBytes === null ? 'not there' : formatBytes(sizeBytes))

const largest = (x: number | null, y: number | null) => (x === null ? y : y === null ? x : Math.max(x, y))
