/** People who are signed in, each with a session, and look at one thing after the other. */
import { setTimeout as delay } from 'node:timers/promises'
import { ADMIN } from '../../test/builders/start-console.ts'
import { dayName, FOLDERS } from '../wide-workspace.ts'

/** What there is to look at. */
export interface Sights {
  workspace: string
  newest: string
  oldest: string
}

/** What people ask for; `n` varies it. */
const READS: Record<string, (sights: Sights, n: number) => string> = {
  overview: ({ workspace }) => `/workspaces/${workspace}/overview`,
  archives: ({ workspace }) => `/workspaces/${workspace}/archives?limit=50`,
  folder: ({ newest }, n) => `/archives/${newest}/entries?path=logs/${dayName(n % FOLDERS)}&limit=200`,
  search: ({ workspace }, n) => `/workspaces/${workspace}/find?pattern=run-${String(n % 1000).padStart(5, '0')}&limit=50`,
  history: ({ workspace }, n) => `/workspaces/${workspace}/history?path=logs/${dayName(n % FOLDERS)}/run-00001.log`,
  calendar: ({ workspace }) => `/workspaces/${workspace}/calendar`,
  retention: ({ workspace }, n) => `/workspaces/${workspace}/retention/simulation?dailyDays=${n % 30}`,
  evidence: ({ workspace }) => `/workspaces/${workspace}/evidence`,
  jobs: () => '/jobs?limit=50',
  archive: ({ oldest }) => `/archives/${oldest}`,
}

/** Signs somebody in; every call is a session of its own. */
export async function signIn(url: string, n: number): Promise<string> {
  const response = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, 'x-forwarded-for': `10.0.${n >> 8}.${n & 255}` },
    body: JSON.stringify({ email: ADMIN.email, password: ADMIN.password }),
  })
  if (!response.ok) throw new Error(`Sign-in ${n} answered ${response.status}: ${await response.text()}`)
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0])
  return cookies.join('; ')
}

/** How long answers took, by what was asked, in milliseconds. */
export class Times {
  readonly byRead = new Map<string, number[]>([...Object.keys(READS), 'review page (HTML)'].map((name) => [name, []]))
  /** Requests that found nobody listening, while the console was restarted. */
  missed = 0
  private isAway: () => boolean

  /** `isAway`: the console is being restarted, and nobody need answer. */
  constructor(isAway: () => boolean) {
    this.isAway = isAway
  }

  async take(name: string, work: () => Promise<unknown>): Promise<void> {
    const startedMs = performance.now()
    const wasAway = this.isAway()
    try {
      await work()
    } catch (error) {
      if (!wasAway && !this.isAway()) throw error
      this.missed++
      return
    }
    if (!wasAway && !this.isAway()) this.byRead.get(name)!.push(performance.now() - startedMs)
  }
}

export interface Visit {
  url: string
  cookie: string
  sights: Sights
  times: Times
  pauseMs: number
  isOver: () => boolean
}

/** Asks for one thing after the other, with a pause of half to one and a half of `pauseMs`: people who all waited for one thing do not all come back at once. */
export async function lookAround(visit: Visit, first: number, among: number): Promise<void> {
  const names = Object.keys(READS)
  await delay((first * visit.pauseMs) / among)
  let seed = first * 7919 + 1
  for (let n = first; !visit.isOver(); n++) {
    const name = names[n % names.length]!
    await visit.times.take(name, async () => JSON.parse(await read(visit, `/api/v1${READS[name]!(visit.sights, n)}`)))
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    await delay(visit.pauseMs * (0.5 + seed / 2 ** 31))
  }
}

/** The page that a lead opens from a link. */
export async function review(visit: Visit): Promise<void> {
  while (!visit.isOver()) {
    await visit.times.take('review page (HTML)', () => read(visit, `/w/${visit.sights.workspace}/retention`))
    await delay(visit.pauseMs)
  }
}

/** Asks for each thing once, so that what is measured is not the first time. */
export async function warmUp(visit: Visit): Promise<void> {
  for (const path of Object.values(READS)) await read(visit, `/api/v1${path(visit.sights, 0)}`)
  await read(visit, `/w/${visit.sights.workspace}/retention`)
}

export async function read({ url, cookie }: Pick<Visit, 'url' | 'cookie'>, path: string): Promise<string> {
  const response = await fetch(`${url}${path}`, { headers: { cookie } })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
  return text
}
