'use client'
import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react'
import type { Job, JobFeed } from '#lib/contracts/job.ts'
import { LIVE_READS } from './queries.ts'

interface FeedState {
  /** Null until the first message came. */
  jobs: Job[] | null
  /** False while the stream is down; what is shown may be old then. */
  connected: boolean
}

const FeedContext = createContext<FeedState>({ jobs: null, connected: false })

const endsOf = (jobs: Job[]) => jobs.map((job) => `${job.id}:${job.status}:${job.outcome ?? ''}`).join()

/** One event stream for the whole console; reads are refreshed when a job changes its status. */
export function JobFeedProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState<FeedState>({ jobs: null, connected: false })
  const seen = useRef<string | null>(null)
  useEffect(() => {
    const source = new EventSource('/api/v1/jobs/events')
    source.onmessage = (message: MessageEvent<string>) => {
      const { jobs } = JSON.parse(message.data) as JobFeed
      const ends = endsOf(jobs)
      if (seen.current !== null && seen.current !== ends) {
        void client.invalidateQueries({ predicate: ({ queryKey }) => (LIVE_READS as readonly unknown[]).includes(queryKey[0]) })
      }
      seen.current = ends
      setState({ jobs, connected: true })
    }
    source.onopen = () => setState((old) => ({ ...old, connected: true }))
    source.onerror = () => setState((old) => ({ ...old, connected: false }))
    return () => source.close()
  }, [client])
  return <FeedContext value={state}>{children}</FeedContext>
}

/** All jobs the feed tells of, newest state. */
export const useJobFeed = (): FeedState => useContext(FeedContext)

/** One job as the feed has it now; null when the feed does not tell of it. */
export function useFeedJob(id: string | null): Job | null {
  const { jobs } = useJobFeed()
  return useMemo(() => jobs?.find((job) => job.id === id) ?? null, [jobs, id])
}

/** The jobs of a workspace that are not finished. */
export function useOpenJobs(workspaceId: string | null): Job[] {
  const { jobs } = useJobFeed()
  return useMemo(
    () => (jobs ?? []).filter((job) => job.status !== 'finished' && (workspaceId === null || job.workspaceId === workspaceId)),
    [jobs, workspaceId],
  )
}
