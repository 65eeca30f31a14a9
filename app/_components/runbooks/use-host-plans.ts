'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useRead } from '#lib/client/queries.ts'
import type { HostRequest } from '#lib/contracts/host.ts'
import type { WholeHostRequest } from '#lib/contracts/whole-host.ts'

/** What nobody said anything about yet. */
export const NOTHING: HostRequest = {
  ...{ source: { kind: 'known' }, root: '/', maps: [], rewriteConfig: false, leaveOut: [], ignoreSpace: false },
}
export const NOTHING_WHOLE: WholeHostRequest = {
  ...{
    source: { kind: 'known' },
    workspaces: [],
    roots: [],
    archive: null,
    maps: [],
    rewriteConfig: false,
    leaveOut: [],
    ignoreSpace: false,
  },
}

const PLANS = ['planHost', 'planWholeHost']
/** What taking archives in changes. */
const KNOWN_BY_THEN = ['listWorkspaces', 'listRepositories']

/** The plan that somebody asked for, of one workspace or of all of them, as long as it `isWanted`. One that is asked for again is made again: what was in the way may be gone, and what came back is here. */
export function useHostPlans(isWanted: boolean) {
  const [request, setRequest] = useState<HostRequest | null>(null)
  const [wholeRequest, setWholeRequest] = useState<WholeHostRequest | null>(null)
  const client = useQueryClient()
  const forget = (names: readonly string[]) =>
    void client.invalidateQueries({ predicate: ({ queryKey }) => names.includes(String(queryKey[0])) })
  const ask = (one: HostRequest | null, whole: WholeHostRequest | null) => {
    forget(PLANS)
    setRequest(one)
    setWholeRequest(whole)
  }
  const kept = { staleTime: Number.POSITIVE_INFINITY }
  // Never sent while nobody asked: the read waits for a request.
  const one = useRead('planHost', request ?? NOTHING, { enabled: request !== null && isWanted, ...kept })
  const whole = useRead('planWholeHost', wholeRequest ?? NOTHING_WHOLE, {
    enabled: wholeRequest !== null && isWanted,
    ...{ ...kept, keep: true },
  })
  const isPlanning = one.isFetching || whole.isFetching
  // Workspaces are known by now, also where the plan failed since there are several.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when planning ends
  useEffect(() => {
    if (!isPlanning) forget(KNOWN_BY_THEN)
  }, [isPlanning])
  const { error, refetch } = wholeRequest ? whole : one
  return {
    ...{ request, wholeRequest, isPlanning, error },
    plan: request && !isPlanning && !error ? (one.data ?? null) : null,
    /** The last one is there while another is made. */
    wholePlan: wholeRequest && !error ? (whole.data ?? null) : null,
    again: () => void refetch(),
    askForOne: (asked: HostRequest) => ask(asked, null),
    askForAll: (asked: WholeHostRequest) => ask(null, asked),
    leave: () => ask(null, null),
  }
}
