import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import { Daemons, freePort } from '#test/builders/daemon.ts'
import { makeSampleWorkspace, type SampleWorkspace } from '#test/builders/sample-workspace.ts'
import { withoutRootRights } from '#test/builders/without-root-rights.ts'
import { type Orchestrator, orchestratorOf } from './adapter.ts'
import { readHostConfig } from './host-config.ts'
import { probeOpenFile } from './probe-open-file.ts'
import { isRunning } from './process-table.ts'
import { runCommand } from './run-command.ts'

let folder: string
let workspace: SampleWorkspace
let daemons: Daemons
let port: number
let health: { url: string; expect: { status: string } }
let servers: Server[]
beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'orchive-adapter-')))
  workspace = makeSampleWorkspace(join(folder, 'ws'), { packs: 2, logs: 1, logMb: 0.01, stateRecords: 20 })
  daemons = new Daemons(join(folder, 'daemons'))
  port = await freePort()
  health = { url: `http://127.0.0.1:${port}/health`, expect: { status: 'healthy' } }
  servers = []
})
afterEach(() => {
  daemons.killAll('orch', 'holder')
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  rmSync(folder, { recursive: true })
})

/** Through the host file, as in life. */
async function orchestrator(runtime: Record<string, unknown> | null): Promise<Orchestrator> {
  const path = join(folder, 'orchive.config.json')
  const host = runtime === null ? {} : { workspaces: { prod: { runtime } } }
  writeFileSync(path, JSON.stringify(host), { mode: 0o600 })
  return orchestratorOf(
    await readHostConfig(path),
    { id: 'ws_0', name: 'prod', statePath: workspace.statePath },
    { clock: systemClock, env: process.env },
  )
}

const sample = () => ({
  start: daemons.startOrchestrator('orch', workspace.configPath, port),
  stop: daemons.stop('orch'),
  startTimeoutSeconds: 30,
  stopTimeoutSeconds: 30,
})
const run = (argv: string[]) =>
  runCommand({ workspace: 'prod', verb: 'start', argv, timeoutMs: 20_000, clock: systemClock, env: process.env })

/** Looks again and again until the answer is yes. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

async function serve(answer: (path: string) => { status?: number; body: string } | null): Promise<string> {
  const server = createServer((request, response) => {
    const given = answer(request.url ?? '')
    if (given) response.writeHead(given.status ?? 200).end(given.body)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a running orchestrator', () => {
  test.each([
    ['known by its command line', () => ({ process: { match: `sample-orchestrator\\.mjs .*--port ${port}` }, health })],
    ['known by its pid file', () => ({ process: { pidFile: daemons.pidFile('orch') }, health })],
    ['known by its health address alone', () => ({ health })],
  ])('%s is started, healthy, read, stopped and proven so; its state is whole then', async (_how, known) => {
    const orch = await orchestrator({ ...sample(), ...known(), stateReads: [`http://127.0.0.1:${port}/api/persistence/health`] })
    expect(orch.isConfigured).toBe(true)
    expect(await orch.start()).toMatchObject({ step: 'start', outcome: 'proven', message: expect.stringMatching(/^Ran sh -c/) })
    expect(await orch.awaitHealthy()).toMatchObject({ outcome: 'proven', message: `${health.url} answers 200.` })
    expect(await orch.readState()).toMatchObject([
      { json: { status: 'healthy', path: workspace.statePath }, evidence: { outcome: 'proven', check: 'state-read' } },
    ])
    const pid = daemons.pid('orch')
    expect(await orch.stop()).toMatchObject({ step: 'stop', outcome: 'proven' })
    const proof = await orch.proveStopped()
    expect(proof.outcome).toBe('proven')
    expect(proof.evidence.map(({ check }) => check)).toEqual([...('process' in known() ? ['process'] : []), 'health', 'state-file'])
    for (const seen of proof.evidence) {
      expect(seen).toMatchObject({ outcome: 'proven', at: expect.stringMatching(/^\d{4}-.*Z$/), durationMs: expect.any(Number) })
    }
    expect(isRunning(pid)).toBe(false)
    JSON.parse(readFileSync(workspace.statePath, 'utf8'))
  })

  test('that ignores SIGTERM is named by its pid, and nothing was changed', async () => {
    const orch = await orchestrator({
      ...sample(),
      start: daemons.startStubborn('orch', port),
      stopTimeoutSeconds: 0.5,
      process: { pidFile: daemons.pidFile('orch') },
      health,
    })
    await orch.start()
    await orch.awaitHealthy()
    await orch.stop()
    const pid = daemons.pid('orch')
    await expect(orch.proveStopped()).rejects.toMatchObject({
      code: 'runtime_not_stopped',
      message: `The orchestrator did not stop within 0.5 s (pid ${pid}). Nothing was changed.`,
      hint: 'Stop it on the host, then try again.',
      context: {
        pids: [pid],
        checks: [
          { check: 'process', outcome: 'contradicted' },
          { check: 'health', outcome: 'contradicted' },
          { check: 'state-file', outcome: 'proven' },
        ],
      },
    })
    expect(isRunning(pid)).toBe(true)
  })

  test('that a supervisor brings up again at once has not stopped', async () => {
    const again = 'while :; do sleep 600 & echo $! >"$0.part"; mv "$0.part" "$0"; wait; sleep 0.15; done'
    const inner = join(folder, 'inner.pid')
    const orch = await orchestrator({
      start: daemons.start('orch', ['sh', '-c', again, inner]),
      stop: ['sh', '-c', 'kill "$(cat "$0")"', inner],
      stopTimeoutSeconds: 1,
      process: { pidFile: inner },
    })
    await orch.start()
    await until(() => existsSync(inner))
    const first = Number(readFileSync(inner, 'utf8'))
    await orch.stop()
    const error = await orch.proveStopped().catch((thrown) => thrown)
    const second = Number(readFileSync(inner, 'utf8'))
    daemons.killAll('orch')
    process.kill(second)
    expect(second).not.toBe(first)
    expect(error).toMatchObject({ code: 'runtime_not_stopped', context: { pids: [second] } })
  })

  test('whose stop command fails is not taken for stopped, and the command is named', async () => {
    const stop = ['sh', '-c', 'echo starting; echo Unit not loaded. >&2; exit 5']
    const orch = await orchestrator({ ...sample(), stop, stopTimeoutSeconds: 0.3, health })
    await orch.start()
    await orch.awaitHealthy()
    expect(await orch.stop()).toMatchObject({ outcome: 'contradicted' })
    await expect(orch.proveStopped()).rejects.toMatchObject({
      code: 'runtime_not_stopped',
      message: expect.stringMatching(
        /\(http.*answers 200.*\)\. The stop command of prod \(sh .*\) ended with exit code 5: Unit not loaded\. Nothing was/,
      ),
    })
  })
})

test('what was stopped before is proven although its stop command fails', async () => {
  const orch = await orchestrator({ ...sample(), process: { match: `sample-orchestrator\\.mjs .*--port ${port}` }, health })
  expect(await orch.stop()).toMatchObject({ outcome: 'contradicted' })
  expect((await orch.proveStopped()).outcome).toBe('proven')
})

test('a stop command that fails is thrown where nothing else could tell', async () => {
  const orch = await orchestrator({ start: ['true'], stop: ['false'] })
  await expect(orch.stop()).rejects.toMatchObject({
    code: 'runtime_command_failed',
    message: 'The stop command of prod (false) ended with exit code 1.',
  })
})

test('a missing pid file is no proof; with a silent address and a free state file there is one', async () => {
  const process = { pidFile: join(folder, 'never.pid') }
  const unsure = await orchestrator({ ...sample(), stop: ['true'], process })
  await unsure.stop()
  expect(await unsure.proveStopped()).toMatchObject({
    outcome: 'unknown',
    evidence: [{ check: 'process', outcome: 'unknown', message: expect.stringContaining('there is no pid file') }, { outcome: 'proven' }],
  })
  const sure = await orchestrator({ ...sample(), stop: ['true'], process, health })
  expect((await sure.proveStopped()).outcome).toBe('proven')
})

describe('a state file that somebody holds open', () => {
  const hold = () => run(daemons.start('holder', ['sleep', '600'], { stdin: workspace.statePath }))

  test('contradicts, and who holds it is named', async () => {
    await hold()
    const orch = await orchestrator({ ...sample(), stop: ['true'], stopTimeoutSeconds: 0.3, process: { match: 'no such process here' } })
    const pid = daemons.pid('holder')
    await expect(orch.proveStopped()).rejects.toMatchObject({
      code: 'runtime_not_stopped',
      message: `The orchestrator did not stop within 0.3 s (pid ${pid} (sleep 600) holds ${workspace.statePath} open). Nothing was changed.`,
      context: { pids: [pid] },
    })
  })

  test('is looked at also where no runtime is configured', async () => {
    const orch = await orchestrator(null)
    expect(orch.isConfigured).toBe(false)
    expect(await orch.proveStopped()).toMatchObject({ outcome: 'unknown', evidence: [{ check: 'state-file', outcome: 'proven' }] })
    await hold()
    await expect(orch.proveStopped()).rejects.toMatchObject({
      code: 'runtime_not_stopped',
      message: expect.stringContaining(`The orchestrator may be running: pid ${daemons.pid('holder')} (sleep 600) holds`),
    })
  })

  test.runIf(process.geteuid?.() === 0)('cannot be ruled out by a user who may not look into other processes', async () => {
    chmodSync(folder, 0o755)
    await hold()
    const sight = withoutRootRights(() => probeOpenFile(workspace.statePath))
    expect(sight).toMatchObject({ isThere: true, holders: [] })
    expect(sight.unseen).toBeGreaterThan(0)
    expect(probeOpenFile(workspace.statePath)).toMatchObject({ holders: [{ pid: daemons.pid('holder') }], unseen: 0 })
  })
})

describe('health that does not come is a clear error', () => {
  const never = async (url: string) => {
    const orch = await orchestrator({
      start: ['true'],
      stop: ['true'],
      startTimeoutSeconds: 0.4,
      health: { ...health, url, timeoutSeconds: 0.2 },
    })
    return orch.awaitHealthy().catch((error: unknown) => error)
  }
  test.each<[string, () => Promise<string> | string, string]>([
    ['refused', () => health.url, 'refuses connections'],
    ['no answer', () => serve(() => null), 'gives no answer (no answer in time)'],
    ['another status', () => serve(() => ({ status: 503, body: '{"status":"healthy"}' })), 'answers 503'],
    ['a proxy', () => serve(() => ({ status: 502, body: '' })), 'answers 502: a proxy without the orchestrator behind it'],
    ['another word', () => serve(() => ({ body: '{"status":"degraded"}' })), 'answers 200, but status is "degraded", not "healthy"'],
    ['no JSON', () => serve(() => ({ body: '<html>' })), 'answers 200, but what it says is not a JSON object'],
  ])('%s', async (_what, where, words) => {
    const url = await where()
    expect(await never(url)).toMatchObject({
      code: 'runtime_not_healthy',
      message: `The orchestrator did not become healthy within 0.4 s: ${url} ${words}.`,
    })
  })
})

test('state reads tell what is no answer without failing', async () => {
  const base = await serve((path) => (path === '/good' ? { body: '{"records":3}' } : { status: path === '/bad' ? 500 : 200, body: 'no' }))
  const orch = await orchestrator({
    start: ['true'],
    stop: ['true'],
    stateReads: [`${base}/good`, `${base}/bad`, `${base}/text`, health.url],
  })
  expect((await orch.readState()).map(({ json, evidence }) => [evidence.outcome, json, evidence.message.replace(/^\S+ /, '')])).toEqual([
    ['proven', { records: 3 }, 'answers 200.'],
    ['contradicted', null, 'answers 500.'],
    ['contradicted', null, 'answers 200, but not with JSON.'],
    ['contradicted', null, 'refuses connections.'],
  ])
})

describe('commands', () => {
  test('a start command that stays in the foreground is ended, and the mistake explained', async () => {
    const orch = await orchestrator({ stop: ['true'], start: ['sleep', '600'], startTimeoutSeconds: 0.3 })
    await expect(orch.start()).rejects.toMatchObject({
      code: 'runtime_command_failed',
      message: 'The start command of prod (sleep 600) did not end within 0.3 s and was ended.',
      hint: expect.stringContaining('has to return'),
    })
  })

  test('a start command whose service keeps writing to our output is told', async () => {
    const orch = await orchestrator({ stop: ['true'], start: ['sh', '-c', `sleep 600 & echo $! > ${daemons.pidFile('holder')}`] })
    expect((await orch.start()).message).toContain('let the command redirect it')
  })

  test('rebuild falls back to restart, then to start', async () => {
    const ran = async (more: Record<string, unknown>) =>
      (await (await orchestrator({ stop: ['true'], start: ['printf', 'start'], ...more })).rebuild()).message
    expect(await ran({ restart: ['printf', 'restart'], rebuild: ['printf', 'rebuild'] })).toBe('Ran printf rebuild.')
    expect(await ran({ restart: ['printf', 'restart'] })).toBe('Ran printf restart.')
    expect(await ran({})).toBe('Ran printf start.')
  })

  test('cancelling ends a wait at once', async () => {
    const orch = await orchestrator({ ...sample(), startTimeoutSeconds: 600, health })
    const abort = new AbortController()
    const waiting = orch.awaitHealthy({ signal: abort.signal })
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
  })
})

test('without a runtime each step says that it did nothing', async () => {
  const orch = await orchestrator(null)
  for (const seen of [await orch.stop(), await orch.start(), await orch.rebuild(), await orch.awaitHealthy()]) {
    expect(seen).toMatchObject({ outcome: 'unknown', message: expect.stringContaining('nothing was done') })
  }
  expect(await orch.readState()).toEqual([])
  expect(orch.describe()[0]).toContain('no runtime is configured')
})

test('a plan says what will be run and seen', async () => {
  const orch = await orchestrator({
    stop: ['systemctl', 'stop', 'orch'],
    start: ['systemctl', 'start', 'orch'],
    process: { match: 'orch' },
    health,
  })
  expect(orch.describe()).toEqual([
    'Stop it: systemctl stop orch',
    `See within 30 s that no process matches orch, and that ${health.url} refuses connections, and that nobody holds ${workspace.statePath} open.`,
    'Start it: systemctl start orch',
    `See within 60 s that ${health.url} is healthy.`,
  ])
})
