import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { RuntimeSchema } from '#lib/contracts/runtime.ts'
import { Container } from '#lib/runtime/container.ts'
import { readEnv } from '#lib/runtime/env.ts'
import { makeSampleWorkspace, type SampleWorkspace } from '#test/builders/sample-workspace.ts'
import type { ServiceContext } from '../context.ts'
import { addWorkspace } from './add-workspace.ts'
import { resolveNow } from './resolve.ts'
import { runningOrchestrator } from './running-orchestrator.ts'
import { showRuntime } from './show-runtime.ts'

let folder: string
let container: Container
let ctx: ServiceContext
let sample: SampleWorkspace
let id: WorkspaceId
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-runtime-'))
  sample = makeSampleWorkspace(join(folder, 'ws'), { packs: 1, logs: 1, logMb: 0.001, stateRecords: 1 })
  container = new Container(readEnv({ home: join(folder, 'home') }))
  ctx = container.contextFor({ id: null, name: 'test', role: 'admin', via: 'cli' })
  id = (await addWorkspace(ctx, { root: sample.root, name: 'prod' })).id
})
afterEach(() => {
  container.close()
  rmSync(folder, { recursive: true })
})

const HEALTH = { url: 'http://127.0.0.1:3312/health', expect: { status: 'healthy' } }
const write = (key: string) =>
  writeFileSync(
    ctx.paths.hostConfig,
    JSON.stringify({
      workspaces: { [key]: { runtime: { stop: ['true'], start: ['true'], process: { match: 'x y z' }, health: HEALTH } } },
    }),
    { mode: 0o600 },
  )

test.each(['name', 'id'])('a workspace is found in the host file by its %s, and the answer is what the API promises', async (by) => {
  write(by === 'name' ? 'prod' : id)
  const viewer = container.contextFor({ id: null, name: 'guest', role: 'viewer', via: 'console' })
  const runtime = RuntimeSchema.parse(await showRuntime(viewer, id))
  expect(runtime).toMatchObject({
    isConfigured: true,
    stop: ['true'],
    restart: null,
    rebuildTimeoutSeconds: 600,
    process: { match: 'x y z', pidFile: null },
    health: { ...HEALTH, timeoutSeconds: 5 },
    problems: [],
  })
})

test('an unknown workspace is said to be unknown', async () => {
  await expect(showRuntime(ctx, 'ws_0000000000000000')).rejects.toMatchObject({ code: 'workspace_unknown' })
})

test('the orchestrator that a job handles looks at the state file that the config names', async () => {
  const workspace = { id, name: 'prod', ...sample, repositoryPath: ctx.paths.repository, extraItems: [] }
  write('prod')
  const orchestrator = await runningOrchestrator(ctx, workspace, await resolveNow(ctx, workspace))
  expect(orchestrator.isConfigured).toBe(true)
  expect(orchestrator.describe()[1]).toContain(`nobody holds ${sample.statePath} open`)
  writeFileSync(ctx.paths.hostConfig, '{', { mode: 0o600 })
  await expect(runningOrchestrator(ctx, workspace, { configPaths: {} })).rejects.toMatchObject({ code: 'host_config_invalid' })
})
