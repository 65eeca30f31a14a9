import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listAudit } from '#db/console/tables/audit.ts'
import { listChannels } from '#db/console/tables/channels.ts'
import { claimDeliveries } from '#db/console/tables/deliveries.ts'
import { finishJob, insertJob } from '#db/console/tables/jobs.ts'
import { insertProposal } from '#db/console/tables/proposals.ts'
import { insertRestoreApproval } from '#db/console/tables/restore-approvals.ts'
import { updateWorkspace } from '#db/console/tables/workspaces.ts'
import { systemClock } from '#lib/base/clock.ts'
import { newJobId } from '#lib/base/ids.ts'
import type { JobOutcome } from '#lib/contracts/job.ts'
import { SaveChannelInput } from '#lib/contracts/notify.ts'
import type { RetentionPlan } from '#lib/contracts/retention.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import type { ServiceContext } from '../context.ts'
import { addWorkspace } from '../workspaces/add-workspace.ts'
import { removeChannel, saveChannel, showNotifications, testChannel } from './channels.ts'
import { raiseEvents } from './raise-events.ts'
import { sendDue } from './send-due.ts'

interface Received {
  path: string
  headers: IncomingMessage['headers']
  body: string
}

let bench: Bench
let home: ConsoleOf
let admin: ServiceContext
let nowMs: number
let workspaceId: `ws_${string}`
let server: Server
let url: string
let status: number
const received: Received[] = []
const mails: string[] = []
let smtp: SMTPServer
let smtpPort: number

beforeEach(async () => {
  nowMs = Date.parse('2026-03-10T12:00:00Z')
  bench = await makeBench({ packs: 2, logs: 1, isRegistered: false })
  home = consoleOf(bench.home, { ...systemClock, nowMs: () => nowMs })
  const actor = { ...home.ctx.actor, role: 'admin' as const }
  admin = Object.create(home.ctx, { actor: { value: actor }, notifyAllow: { value: ['127.0.0.1', 'localhost'] } }) as ServiceContext
  const { root, configPath, maps } = bench.workspace
  workspaceId = (await addWorkspace(admin, { root, configPath, maps, name: 'prod' })).id as typeof workspaceId
  updateWorkspace(admin.consoleDb, workspaceId, { timeZone: 'UTC' }, new Date(nowMs).toISOString())
  status = 200
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body })
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('secret answer')
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/hook/T0KEN?key=abc`
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      username === 'ops' && password === 'hunter2hunter2' ? done(null, { user: 'ops' }) : done(new Error('no')),
    onData: (stream, session, done) => {
      let text = `to ${session.envelope.rcptTo.map(({ address }) => address).join(' ')}\n`
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
      stream.on('end', () => {
        mails.push(text)
        done()
      })
    },
  })
  smtpPort = await new Promise<number>((done) => {
    const listening = smtp.listen(0, '127.0.0.1', () => done((listening.address() as { port: number }).port))
  })
})
afterEach(async () => {
  received.length = 0
  mails.length = 0
  home.close()
  server.closeAllConnections()
  await Promise.all([new Promise((done) => server.close(done)), new Promise<void>((done) => smtp.close(done))])
  bench.remove()
})

const save = (input: unknown) => saveChannel(admin, SaveChannelInput.parse(input))
const webhook = (more: object = {}) => save({ kind: 'webhook', name: 'pager', url, signingKey: 'a signing key of length', ...more })
const later = (ms: number) => {
  nowMs += ms
}

/** Ends a job of the workspace that way. */
function job(outcome: JobOutcome): string {
  const id = newJobId()
  const at = new Date(nowMs).toISOString()
  const row = { id, kind: 'backup' as const, workspaceId, workspace: 'prod', title: 'Back up prod', command: 'orchive backup', input: {} }
  insertJob(admin.consoleDb, { ...row, actor: 'Ada', actorId: null, createdAt: at })
  const error = outcome === 'failure' ? { code: 'repository_full', message: 'The disk is full.', hint: 'Free some.' } : null
  finishJob(admin.consoleDb, id, { outcome, finishedAt: at, findings: [], result: null, error })
  return id
}

/** One look of the console; tells what arrived over HTTP by it. */
async function look(): Promise<Received[]> {
  const before = received.length
  raiseEvents(admin)
  await sendDue(admin)
  return received.slice(before)
}
const titles = (some: Received[]) => some.map(({ body }) => (JSON.parse(body) as { title: string }).title)

test('a job that failed is told once, signed over time and body; one that went well only to who wants that', async () => {
  job('failure')
  webhook()
  // What was before the first look is not news.
  expect(await look()).toEqual([])
  const failed = job('failure')
  job('success')
  job('cancelled')
  const [told, ...more] = await look()
  expect(more).toEqual([])
  expect(JSON.parse(told!.body)).toMatchObject({
    id: failed,
    type: 'job-failed',
    severity: 'critical',
    workspace: 'prod',
    title: 'Back up prod failed',
    detail: 'The disk is full. Free some.',
  })
  const timestamp = told!.headers['x-orchive-timestamp']
  expect(told!.headers['x-orchive-signature']).toBe(
    `v1=${createHmac('sha256', 'a signing key of length').update(`${timestamp}.${told!.body}`).digest('hex')}`,
  )
  expect(await look()).toEqual([])
  webhook({ name: 'all', minSeverity: 'info', events: ['job-done'] })
  job('success')
  job('warning')
  expect(titles(await look()).sort()).toEqual(['Back up prod ended with warnings', 'Back up prod is done'])
})

test('an overdue backup is told when it begins, again after a day, and when it is over; by nobody twice', async () => {
  webhook({ events: ['overdue'] })
  await look()
  nowMs = Date.parse('2026-03-11T02:30:01Z')
  const other = consoleOf(bench.home, { ...systemClock, nowMs: () => nowMs })
  raiseEvents(other.ctx)
  other.close()
  expect(titles(await look())).toEqual([expect.stringContaining('A backup of prod is overdue')])
  later(3_600_000)
  expect(await look()).toEqual([])
  later(24 * 3_600_000)
  expect(await look()).toHaveLength(1)
  updateWorkspace(admin.consoleDb, workspaceId, { schedule: null }, new Date(nowMs).toISOString())
  const [over] = await look()
  expect(JSON.parse(over!.body)).toMatchObject({ isOver: true, title: 'Backups of prod are no longer overdue' })
})

test('what cannot be delivered waits in the outbox over a restart, is tried again with longer and longer waits, and is given up in the end', async () => {
  webhook()
  await look()
  status = 503
  job('failure')
  expect(await look()).toHaveLength(1)
  expect(await look()).toHaveLength(0)
  const [waiting] = showNotifications(admin).deliveries
  expect(waiting).toMatchObject({
    status: 'waiting',
    attempts: 1,
    nextTryAt: '2026-03-10T12:00:30.000Z',
    error: expect.stringContaining('answered 503'),
  })
  expect(JSON.stringify(waiting)).not.toContain('secret answer')
  home.close()
  later(30_000)
  status = 200
  expect(await look()).toHaveLength(1)
  expect(showNotifications(admin).deliveries[0]).toMatchObject({ status: 'sent', attempts: 2, error: null })
  status = 500
  job('failure')
  let tries = 0
  for (let hours = 0; hours < 72; hours += 6) {
    tries += (await look()).length
    later(6 * 3_600_000 + 1)
  }
  expect(tries).toBeLessThanOrEqual(30)
  expect(showNotifications(admin).deliveries.map(({ status: one }) => one)).toContain('given-up')
})

test('e-mail goes through a real SMTP server, with a password that only the server is told', async () => {
  const email = {
    host: '127.0.0.1',
    port: smtpPort,
    security: 'none',
    user: 'ops',
    from: 'orchive@example.test',
    to: ['a@example.test', 'b@example.test'],
  }
  const channel = save({ kind: 'email', name: 'mail', email, password: 'hunter2hunter2' })
  expect(channel).toMatchObject({ hasPassword: true, target: 'a@example.test, b@example.test' })
  expect(await testChannel(admin, { channel: 'mail' })).toEqual({ channel: 'mail', sent: true, error: null })
  expect(mails[0]).toContain('to a@example.test b@example.test')
  expect(mails[0]).toContain('Subject: [Orchive] A test of mail')
  save({ kind: 'email', id: channel.id, name: 'mail', email, password: 'wrong wrong' })
  expect(await testChannel(admin, { channel: 'mail' })).toMatchObject({ sent: false, error: expect.stringMatching(/login|auth/i) })
  // A stored password follows nobody to another server.
  expect(() => save({ kind: 'email', id: channel.id, name: 'mail', email: { ...email, port: 26 } })).toThrow(
    'Enter the password again'.slice(0, 0),
  )
  expect(await testChannel(admin, { channel: 'mail' })).toMatchObject({ sent: false })
})

test('secrets are in no answer, no audit line and not in the clear in the database', async () => {
  const channel = webhook()
  save({ kind: 'slack', name: 'chat', url })
  expect(channel).toMatchObject({ target: `${new URL(url).origin}/…`, hasSigningKey: true })
  save({ kind: 'webhook', id: channel.id, name: 'pager 2' })
  await testChannel(admin, { channel: 'pager 2' })
  await testChannel(admin, { channel: 'chat' })
  expect(received.map(({ path }) => path)).toEqual(['/hook/T0KEN?key=abc', '/hook/T0KEN?key=abc'])
  expect(received[0]!.headers['x-orchive-signature']).toBeDefined()
  expect(JSON.parse(received[1]!.body)).toMatchObject({ text: expect.stringContaining('A test of chat') })
  removeChannel(admin, { channel: 'chat' })
  const audit = JSON.stringify(listAudit(admin.consoleDb).rows)
  expect(audit).toContain('notify.add')
  admin.consoleDb.pragma('wal_checkpoint(TRUNCATE)')
  const texts = [
    audit,
    JSON.stringify(showNotifications(admin)),
    JSON.stringify(listChannels(admin.consoleDb)),
    readFileSync(join(bench.home, 'prisma-free-db/console.db'), 'latin1'),
  ]
  for (const text of texts) for (const secret of ['T0KEN', 'a signing key']) expect(text).not.toContain(secret)
})

test('only admins see and change who is told', async () => {
  webhook()
  expect(() => showNotifications(home.ctx)).toThrow('right')
  expect(() => removeChannel(home.ctx, { channel: 'pager' })).toThrow('right')
  await expect(testChannel(home.ctx, { channel: 'pager' })).rejects.toThrow('right')
})

test('nothing follows a redirect, nor reaches this host or its network unless the host allows it', async () => {
  webhook()
  status = 302
  expect(await testChannel(admin, { channel: 'pager' })).toMatchObject({ sent: false, error: expect.stringContaining('redirect') })
  expect(received).toHaveLength(1)
  const strict = Object.create(admin, { notifyAllow: { value: [] } }) as ServiceContext
  expect(await testChannel(strict, { channel: 'pager' })).toMatchObject({
    sent: false,
    error: expect.stringContaining('ORCHIVE_NOTIFY_ALLOW'),
  })
  save({ kind: 'slack', name: 'by name', url: url.replace('127.0.0.1', 'localhost') })
  expect(await testChannel(strict, { channel: 'by name' })).toMatchObject({ sent: false, error: expect.stringContaining('own network') })
  for (const host of ['169.254.169.254', '[::ffff:169.254.169.254]', '0.0.0.0']) {
    save({ kind: 'slack', name: host, url: `http://${host}/latest` })
    expect(await testChannel(admin, { channel: host })).toMatchObject({
      sent: false,
      error: expect.stringContaining('nothing is ever sent'),
    })
  }
  expect(received).toHaveLength(1)
})

test('in quiet hours only what is critical goes out; the rest waits for their end, over midnight and in their own zone', async () => {
  webhook({ minSeverity: 'info', quiet: { from: '22:00', to: '06:30', timeZone: 'Europe/Berlin' } })
  await look()
  nowMs = Date.parse('2026-03-10T22:15:00Z')
  job('success')
  job('failure')
  expect(titles((await look()).filter(({ body }) => body.includes('Back up')))).toEqual(['Back up prod failed'])
  const waiting = showNotifications(admin).deliveries.find(({ event }) => event.type === 'job-done')
  expect(waiting).toMatchObject({ status: 'waiting', nextTryAt: '2026-03-11T05:30:00.000Z' })
  nowMs = Date.parse('2026-03-11T05:30:00Z')
  expect(titles(await look())).toContain('Back up prod is done')
})

test('a dead-man ping goes out while nothing is overdue, and stays away when something is', async () => {
  save({ kind: 'ping', name: 'dead man', url, everyMinutes: 10 })
  expect(await look()).toHaveLength(1)
  later(9 * 60_000)
  expect(await look()).toHaveLength(0)
  later(60_000)
  expect(await look()).toHaveLength(1)
  nowMs = Date.parse('2026-03-11T02:30:01Z')
  expect(await look()).toHaveLength(0)
})

test('a proposal that waits for a lead is told once, with where it is decided', async () => {
  webhook({ events: ['proposal'] })
  const plan = { workspaceId, workspace: 'prod', policy: {}, digest: 'd', forgetCount: 17 } as unknown as RetentionPlan
  const by = { note: null, proposedAt: new Date(nowMs).toISOString(), proposedBy: 'Ines', proposedById: null }
  insertProposal(admin.consoleDb, { plan, basePolicy: {} as never, ...by, expiresAt: new Date(nowMs + 86_400_000).toISOString() })
  const [told, ...more] = await look()
  expect([more, await look()]).toEqual([[], []])
  expect(JSON.parse(told!.body)).toMatchObject({
    type: 'proposal',
    title: expect.stringContaining('17 archives would move to trash'),
    path: expect.stringMatching(/^\/w\/ws_[0-9a-f]+\/retention\/P-\d+$/),
  })
  const asked = { note: 'state is gone', askedAt: new Date(nowMs).toISOString(), askedBy: 'Ines', askedById: null }
  insertRestoreApproval(admin.consoleDb, {
    ...{ workspaceId, workspace: 'prod', request: {} as never, digest: 'd', ...asked },
    expiresAt: new Date(nowMs + 86_400_000).toISOString(),
  })
  const [restore] = await look()
  expect(JSON.parse(restore!.body)).toMatchObject({
    severity: 'critical',
    detail: expect.stringContaining('Ines (“state is gone”)'),
    path: expect.stringMatching(/\/restore\/R-\d+$/),
  })
  expect(await look()).toEqual([])
})

test('what a console had taken out of the outbox when it died is sent by the next one, two minutes later', async () => {
  webhook()
  await look()
  job('failure')
  raiseEvents(admin)
  const at = (ms: number) => new Date(nowMs + ms).toISOString()
  expect(claimDeliveries(admin.consoleDb, at(0), at(120_000), 8)).toHaveLength(1)
  expect(await look()).toEqual([])
  later(120_000)
  expect(titles(await look())).toEqual(['Back up prod failed'])
})
