'use client'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { SideId } from '#lib/contracts/compare.ts'
import { useUrlState } from '../url-state.ts'

interface Compared {
  workspaceId: `ws_${string}`
  a: SideId
  b: SideId
  /** Null = no file yet. */
  path: string | null
  /** Both are archives, which never change. */
  isFixed: boolean
}

/** One JSON file of both sides by its records, unless it is wanted as text. */
export function useRecords({ workspaceId, a, b, path, isFixed }: Compared) {
  const { params } = useUrlState()
  const may = useMay('view-content')
  return useRead(
    'compareRecords',
    { workspace: workspaceId, a, b, path: path ?? '', limit: 500 },
    {
      enabled: may && path !== null && isJson(path) && params.get('view') !== 'text',
      staleTime: isFixed ? Number.POSITIVE_INFINITY : 30_000,
    },
  )
}

export type Records = ReturnType<typeof useRecords>

/** Whether a file has records to compare. */
export const isJson = (path: string): boolean => /\.json$/i.test(path)
