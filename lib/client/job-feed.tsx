'use client'
import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { Job, JobFeed } from '#lib/contracts/job.ts'
import { LIVE_READS } from './queries.ts'

interface FeedState {
  /** Null until the first message came. */
  jobs: Job[] | null
  /** False while the stream is down; what is shown may be old then. */
  connected: boolean
  /** Somebody wanted to leave the page meanwhile, and it was kept open. */
  isHeldBack: boolean
}

const NOTHING_YET: FeedState = { jobs: null, connected: false, isHeldBack: false }

/** What the stream said last. Jobs of which it said nothing new stay the same objects, so that only who shows the others is drawn anew. */
class FeedStore {
  #state = NOTHING_YET
  readonly #listeners = new Set<() => void>()

  readonly read = (): FeedState => this.#state

  readonly subscribe = (onChange: () => void): (() => void) => {
    this.#listeners.add(onChange)
    return () => this.#listeners.delete(onChange)
  }

  tell(change: Partial<FeedState>): void {
    const before = new Map(this.#state.jobs?.map((job) => [job.id, job]))
    const jobs = change.jobs?.map((job) => sameJob(before.get(job.id), job)) ?? this.#state.jobs
    this.#state = { ...this.#state, ...change, jobs }
    for (const onChange of this.#listeners) onChange()
  }
}

const sameJob = (before: Job | undefined, job: Job): Job => (before && JSON.stringify(before) === JSON.stringify(job) ? before : job)

const FeedContext = createContext(new FeedStore())

const endsOf = (jobs: Job[]) => jobs.map((job) => `${job.id}:${job.status}:${job.outcome ?? ''}`).join()

/** One event stream for the whole console; reads are refreshed when a job changes its status. */
export function JobFeedProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [store] = useState(() => new FeedStore())
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
      store.tell({ jobs, connected: true, isHeldBack: false })
    }
    source.onopen = () => store.tell({ connected: true, isHeldBack: false })
    source.onerror = () => store.tell({ connected: false })
    return () => source.close()
  }, [client, store])
  return <FeedContext value={store}>{children}</FeedContext>
}

/** What of the feed `select` gives; drawn anew when that is another one by `isSame`. */
function useFeed<T>(select: (state: FeedState) => T, isSame: (before: T, now: T) => boolean = Object.is): T {
  const store = useContext(FeedContext)
  const last = useRef<{ value: T } | null>(null)
  const read = () => {
    const value = select(store.read())
    if (last.current === null || !isSame(last.current.value, value)) last.current = { value }
    return last.current.value
  }
  return useSyncExternalStore(store.subscribe, read, () => select(NOTHING_YET))
}

const whole = (state: FeedState) => state

/** All jobs the feed tells of, newest state. */
export const useJobFeed = (): FeedState => useFeed(whole)

/**
 * What a link asks before it is followed: while the console does not answer, a page that is left is gone, and a browser's own error stands in its place. Null =
 * go on at once; else whether it answers after all.
 */
export function useMayLeave(): () => Promise<boolean> | null {
  const store = useContext(FeedContext)
  return () => {
    const { jobs, connected } = store.read()
    // The stream may be down alone.
    if (jobs === null || connected) return null
    return fetch('/icon.svg', { method: 'HEAD', cache: 'no-store' }).then(
      () => true,
      () => {
        store.tell({ isHeldBack: true })
        return false
      },
    )
  }
}

/** One job as the feed has it now; null when the feed does not tell of it. */
export function useFeedJob(id: string | null): Job | null {
  return useFeed(({ jobs }) => jobs?.find((job) => job.id === id) ?? null)
}

/** The jobs of a workspace that are not finished. */
export function useOpenJobs(workspaceId: string | null): Job[] {
  return useFeed(({ jobs }) => openJobs(jobs, workspaceId), areSame)
}

const NO_JOBS: Job[] = []

function openJobs(jobs: Job[] | null, workspaceId: string | null): Job[] {
  const open = (jobs ?? NO_JOBS).filter((job) => job.status !== 'finished' && (workspaceId === null || job.workspaceId === workspaceId))
  return open.length === 0 ? NO_JOBS : open
}

const areSame = (before: readonly Job[], now: readonly Job[]) => before.length === now.length && now.every((job, at) => job === before[at])
