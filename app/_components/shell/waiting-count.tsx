'use client'
import { useRead } from '#lib/client/queries.ts'

/** How many proposals, and restores, of all workspaces wait for a decision. */
export function useWaitingCount(): number {
  const { data } = useRead('listWaiting', {}, { refetchInterval: 60_000 })
  const restores = useRead('listRestoreApprovals', {}, { refetchInterval: 60_000 }).data?.length ?? 0
  return restores + (data?.filter(({ status }) => status === 'open').length ?? 0)
}
