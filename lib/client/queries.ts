'use client'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { callApi, type EndpointName, type InputOf, type OutputOf } from './api.ts'
import { keyOf } from './key-of.ts'

/** Reads whose answer changes when a job ends or an archive is marked. */
export const LIVE_READS: readonly EndpointName[] = [
  'overview',
  'evidence',
  'recoverySheet',
  'proofSchedule',
  'showSchedule',
  'freeFloor',
  'listReplicas',
  'archiveCopies',
  'notifications',
  'risk',
  'calendar',
  'listArchives',
  'listTrash',
  'planPrune',
  'pruneSchedule',
  'getArchive',
  'history',
  'listJobs',
  'getJob',
  'jobLog',
  'repositoryStats',
  'listRepositories',
  'disk',
  'planOffload',
  'retentionRules',
  'retentionDefault',
  'simulateRetention',
  'planRetention',
  'listProposals',
  'listWaiting',
  'getProposal',
  'restoreRules',
  'listRestoreApprovals',
  'getRestoreApproval',
]

interface ReadOptions {
  enabled?: boolean
  refetchInterval?: number | false
  staleTime?: number
  /** Read again whenever the page is entered, whatever is kept. */
  refetchOnMount?: 'always'
  /** Show the last answer while another input is read. */
  keep?: boolean
}

/** One read through the cache. */
export function useRead<N extends EndpointName>(name: N, input: InputOf<N>, options: ReadOptions = {}) {
  const { keep, ...rest } = options
  return useQuery<OutputOf<N>>({
    queryKey: keyOf(name, input),
    queryFn: ({ signal }) => callApi(name, input, signal),
    ...(keep ? { placeholderData: keepPreviousData } : {}),
    ...rest,
  })
}

type PagedName =
  | 'listArchives'
  | 'listJobs'
  | 'jobLog'
  | 'listTrash'
  | 'listProposals'
  | 'findInArchive'
  | 'findInWorkspace'
  | 'listFolder'
  | 'listAudit'
  | 'history'

/** A keyset-paged list, page after page. */
export function usePages<N extends PagedName>(
  name: N,
  input: InputOf<N>,
  options: Pick<ReadOptions, 'enabled' | 'refetchInterval' | 'keep'> = {},
) {
  const { keep, ...rest } = options
  return useInfiniteQuery({
    queryKey: [name, input, 'pages'],
    queryFn: ({ pageParam, signal }) => callApi(name, { ...input, ...(pageParam ? { cursor: pageParam } : {}) } as InputOf<N>, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page: OutputOf<N>) => (page as { nextCursor: string | null }).nextCursor,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
    ...rest,
  })
}
