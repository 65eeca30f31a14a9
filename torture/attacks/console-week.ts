import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { listOpenJobs } from '#db/console/queries/list-jobs.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { AddReplicaInput } from '#lib/contracts/replica.ts'
import { startDue, tellDue } from '#lib/runtime/start-due.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { saveChannel } from '#lib/services/notify/channels.ts'
import { addReplica } from '#lib/services/replicas/add-replica.ts'
import { listAllReplicas } from '#lib/services/replicas/show-replicas.ts'
import { approveProposal } from '#lib/services/retention/decide-proposal.ts'
import { getProposal, listWaiting } from '#lib/services/retention/proposals.ts'
import { setRetention } from '#lib/services/retention/rules.ts'
import { setSchedule } from '#lib/services/schedule/workspace-schedule.ts'
import { listWorkspaces } from '#lib/services/workspaces/change-workspace.ts'
import { consoleOf } from '#test/builders/console-of.ts'
import { until } from '#test/builders/until.ts'
import { type Attack, Random, type Tally } from '../attack.ts'
import { Home } from '../home.ts'

const HOUR_MS = 3_600_000
const DAYS = 12
/** A Wednesday. The prune of the first Sunday rests, since the audit log is younger than the days of grace; that of the second does not. */
const START_MS = Date.parse('2027-03-10T00:30:00Z')
/** By how much a week may make the console's memory larger. */
const MOST_GROWTH_MB = 60

export const consoleWeek: Attack = {
  name: 'console-week',
  about:
    'a week of a console in fast-forward, and the days until its first prune: backups, proofs, copies, proposals, prunes and messages come when they are due, and leave nothing behind',
  share: 2,
  async open() {
    return {
      async round(seed) {
        const week = await Week.begin(new Random(seed))
        try {
          return await week.live()
        } finally {
          await week.end()
        }
      },
      close: async () => undefined,
    }
  },
}

/** Everything is real but the time: jobs are processes, messages go over HTTP, the copy lies in a folder. */
class Week {
  private readonly home: Home
  private readonly random: Random
  private readonly console
  private readonly receiver = createServer((request, response) => {
    request.resume().once('end', () => {
      this.count('messages received')
      response.end()
    })
  })
  private readonly tally: Tally = {}
  /** Of this process, with the console in it, at the end of each day. */
  private readonly used: { memoryMb: number; openFiles: number }[] = []

  private constructor(home: Home, random: Random) {
    this.home = home
    this.random = random
    process.env.ORCHIVE_TEST = '1'
    process.env.ORCHIVE_NOTIFY_ALLOW = '127.0.0.1'
    this.console = consoleOf(home.folder, { ...systemClock, nowMs: () => home.nowMs! })
  }

  static async begin(random: Random): Promise<Week> {
    const week = new Week(await Home.make({ isQuick: true, nowMs: START_MS }), random)
    week.receiver.listen(0, '127.0.0.1')
    await once(week.receiver, 'listening')
    return week
  }

  async end(): Promise<void> {
    this.console.close()
    this.receiver.close()
    this.home.remove()
    delete process.env.ORCHIVE_NOW
    delete process.env.ORCHIVE_TEST
  }

  async live(): Promise<Tally> {
    const admin = this.as('Ines')
    const workspaceId = listWorkspaces(admin)[0]!.id as WorkspaceId
    await this.setUp(admin, workspaceId)
    for (let hour = 1; hour <= DAYS * 24; hour++) {
      this.home.nowMs! += HOUR_MS
      process.env.ORCHIVE_NOW = new Date(this.home.nowMs!).toISOString()
      if (hour % 5 === 0) this.home.live(this.random)
      await this.hour(workspaceId)
      if (hour % 24 === 0) this.look()
    }
    await this.expectAllWell()
    return this.tally
  }

  private async setUp(admin: ServiceContext, workspaceId: WorkspaceId): Promise<void> {
    setSchedule(admin, {
      workspaceId,
      timeZone: 'Europe/Berlin',
      schedule: '0 */12 * * *',
      verifySchedule: '30 3 * * *',
      drillSchedule: '0 12 * * 4,6',
    })
    setRetention(admin, {
      workspaceId,
      policy: { keepLast: 3, dailyDays: 2, weeklyWeeks: 0, monthlyMonths: 0, yearlyYears: 0 },
      settings: { secondPerson: true, schedule: '0 9 * * *' },
    })
    const { port } = this.receiver.address() as { port: number }
    saveChannel(admin, {
      kind: 'webhook',
      name: 'hook',
      url: `http://127.0.0.1:${port}/hook`,
      signingKey: 'a key of a week in fast-forward',
      events: [],
      minSeverity: 'info',
      workspaceIds: null,
      quiet: null,
    })
    await addReplica(
      admin,
      AddReplicaInput.parse({ workspace: workspaceId, name: 'disk', target: { kind: 'folder', path: this.home.copy } }),
    )
  }

  /** One look as the console takes it, and everything that it started to its end. */
  private async hour(workspaceId: WorkspaceId): Promise<void> {
    const console_ = this.as('schedule')
    for (let looks = 0; looks < 3; looks++) {
      const problems = await startDue(console_)
      if (problems.length > 0) throw new Error(problems.join('; '))
      for (const proposal of listWaiting(this.as('Mara'), workspaceId)) await this.approve(proposal.id)
      const open = listOpenJobs(console_.consoleDb)
      if (open.length === 0) break
      for (const { kind } of open) this.count(`${kind} jobs`)
      await until(`jobs of ${new Date(this.home.nowMs!).toISOString()} ended`, () => listOpenJobs(console_.consoleDb).length === 0, 120_000)
    }
    await tellDue(console_)
  }

  private async approve(id: string): Promise<void> {
    const { digest, plan } = getProposal(this.as('Mara'), id)
    await approveProposal(this.as('Mara'), { proposal: id, digest, confirmName: plan.workspace, reason: 'as every day' })
    for (const { archiveId, keep } of plan.archives) if (!keep) this.home.letGo(archiveId)
    this.count('proposals approved')
  }

  private look(): void {
    globalThis.gc?.()
    const openFiles = readdirSync('/proc/self/fd').length
    this.used.push({ memoryMb: process.memoryUsage().rss / 1024 ** 2, openFiles })
  }

  private async expectAllWell(): Promise<void> {
    const failed = this.console.ctx.consoleDb.prepare(`SELECT kind, error FROM jobs WHERE outcome = 'failure'`).all()
    if (failed.length > 0) throw new Error(`Jobs failed: ${JSON.stringify(failed)}`)
    const expected = {
      ...{ 'backup jobs': DAYS * 2, 'replicate jobs': DAYS * 2, 'verify jobs': DAYS, 'drill jobs': 3, 'prune jobs': 1 },
      'proposals approved': DAYS - 4,
    }
    for (const [what, least] of Object.entries(expected))
      if ((this.tally[what] ?? 0) < least)
        throw new Error(`${this.tally[what] ?? 0} ${what} in ${DAYS} days, ${least} were due: ${JSON.stringify(this.tally)}`)
    if ((this.tally['messages received'] ?? 0) < DAYS * 2) throw new Error(`Only ${this.tally['messages received']} messages came.`)
    const [replica] = listAllReplicas(this.as('Ines'))
    if (replica?.state.status !== 'current')
      throw new Error(`The replica is ${replica?.state.status}: ${JSON.stringify(replica?.state.lastError)}`)
    const [first, last] = [this.used[0]!, this.used.at(-1)!]
    if (last.memoryMb - first.memoryMb > MOST_GROWTH_MB) throw new Error(`Memory grew from ${first.memoryMb} to ${last.memoryMb} MB.`)
    if (last.openFiles > first.openFiles + 2) throw new Error(`Open files grew from ${first.openFiles} to ${last.openFiles}.`)
    await this.home.run('verify', '--all')
    await this.home.run('audit', 'verify')
    this.count('days', DAYS)
    this.count('megabytes of memory more than after the first', Math.max(0, Math.round(last.memoryMb - first.memoryMb)))
  }

  private as(name: string): ServiceContext {
    const { ctx } = this.console
    return { ...ctx, actor: { id: name, name, role: 'admin', via: 'console' }, consoleDb: ctx.consoleDb }
  }

  private count(what: string, by = 1): void {
    this.tally[what] = (this.tally[what] ?? 0) + by
  }
}
