import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod'
import { ENDPOINTS } from '../../lib/contracts/endpoints.ts'
import { dayName, FOLDERS } from '../wide-workspace.ts'
import type { LoadOptions } from './options.ts'
import type { Session } from './sessions.ts'

/** What there is to look at. */
export interface Subject {
  url: string
  workspace: string
  newest: string
  oldest: string
}

/** One thing that people look at: `n` varies what is asked. */
interface Read {
  path: (n: number) => string
  /** What is wrong with the answer; null = nothing. */
  wrongIn: (text: string) => string | null
}

/** Times of all answers by what was read, and what was wrong with any. */
export class Browsing {
  readonly timesMs = new Map<string, number[]>()
  readonly wrong: string[] = []
  readonly #reads: [string, Read][]
  readonly #url: string

  constructor(subject: Subject) {
    this.#url = subject.url
    this.#reads = Object.entries(readsOf(subject))
    for (const [name] of this.#reads) this.timesMs.set(name, [])
  }

  /** Everything once, so that nothing is read for the first time when it is measured. */
  async warmUp(session: Session): Promise<void> {
    for (const [, { path }] of this.#reads) await (await fetch(`${this.#url}${path(0)}`, { headers: { cookie: session.cookie } })).text()
  }

  /** One person, who begins somewhere in the list and reads on with pauses, until the signal. */
  async person(session: Session, first: number, { sessions, pauseMs }: LoadOptions, signal: AbortSignal): Promise<void> {
    await delay((first * pauseMs) / sessions)
    let seed = first * 7919 + 1
    for (let n = first; !signal.aborted; n++) {
      await this.#read(session, n)
      // Half to one and a half of the pause: people who all waited for one thing do not all come back at once.
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      await delay(pauseMs * (0.5 + seed / 2 ** 31))
    }
  }

  async #read({ cookie }: Session, n: number): Promise<void> {
    const [name, { path, wrongIn }] = this.#reads[n % this.#reads.length]!
    const startedMs = performance.now()
    try {
      const response = await fetch(`${this.#url}${path(n)}`, { headers: { cookie } })
      const text = await response.text()
      this.timesMs.get(name)!.push(performance.now() - startedMs)
      const wrong = response.ok ? wrongIn(text) : `${response.status} ${text.slice(0, 200)}`
      if (wrong !== null) this.wrong.push(`${path(n)}: ${wrong}`)
    } catch (error) {
      this.wrong.push(`${path(n)}: ${error instanceof Error ? (error.cause ?? error.message) : error}`)
    }
  }
}

/** A page as a link opens it. */
function page(path: string, heading: string): Read {
  return { path: () => path, wrongIn: (html) => (html.includes(heading) ? null : `the page does not say “${heading}”`) }
}

/** An answer of the API that keeps what the endpoint promises, and says what is known of the workspace. */
function api<O extends z.ZodType>(
  { output }: { output: O },
  path: (n: number) => string,
  isTrue: (answer: z.output<O>) => boolean = () => true,
): Read {
  return {
    path: (n) => `/api/v1${path(n)}`,
    wrongIn: (text) => {
      const { data, error } = output.safeParse(JSON.parse(text))
      if (error) return error.message
      return isTrue(data) ? null : `not what is there: ${text.slice(0, 200)}`
    },
  }
}

export function readsOf({ workspace, newest, oldest }: Subject): Record<string, Read> {
  const inWorkspace = `/workspaces/${workspace}`
  const shown = `/w/${workspace}`
  return {
    overview: api(ENDPOINTS.overview, () => `${inWorkspace}/overview`),
    archives: api(
      ENDPOINTS.listArchives,
      () => `${inWorkspace}/archives?limit=50`,
      ({ rows }) => rows.some(({ id }) => id === oldest),
    ),
    folder: api(
      ENDPOINTS.listFolder,
      (n) => `/archives/${newest}/entries?path=logs/${dayName(n % FOLDERS)}&limit=200`,
      ({ rows }) => rows.length === 200,
    ),
    search: api(
      ENDPOINTS.findInWorkspace,
      (n) => `${inWorkspace}/find?pattern=run-${String(n % 1000).padStart(5, '0')}&limit=50`,
      ({ rows }) => rows.length === 50,
    ),
    history: api(ENDPOINTS.history, (n) => `${inWorkspace}/history?path=logs/${dayName(n % FOLDERS)}/run-00001.log`),
    calendar: api(ENDPOINTS.calendar, () => `${inWorkspace}/calendar`),
    retention: api(ENDPOINTS.simulateRetention, (n) => `${inWorkspace}/retention/simulation?dailyDays=${n % 30}`),
    evidence: api(ENDPOINTS.evidence, () => `${inWorkspace}/evidence`),
    jobs: api(ENDPOINTS.listJobs, () => '/jobs?limit=50'),
    archive: api(
      ENDPOINTS.getArchive,
      () => `/archives/${oldest}`,
      ({ id }) => id === oldest,
    ),
    'overview page': page(shown, 'Overview'),
    'archives page': page(`${shown}/archives`, 'Archives'),
    'retention page': page(`${shown}/retention`, 'Retention'),
    'jobs page': page(`${shown}/jobs`, 'Jobs'),
  }
}
