'use client'
import { useRead } from '#lib/client/queries.ts'

/** How many proposals of all workspaces wait for a decision. */
export function useWaitingCount(): number {
  const { data } = useRead('listWaiting', {}, { refetchInterval: 60_000 })
  return data?.filter(({ status }) => status === 'open').length ?? 0
}
