import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { WorkspaceDetail } from '#lib/contracts/workspace.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
afterEach(() => bench.remove())

const hostFile = () => join(bench.home, 'orchive.config.json')
function writeHost(value: unknown): void {
  writeFileSync(hostFile(), typeof value === 'string' ? value : JSON.stringify(value), { mode: 0o600 })
}
const show = async () => (await bench.run('workspace', 'show', '--json')).json as WorkspaceDetail

describe('workspace show tells what the host file lets Orchive do', () => {
  beforeEach(async () => {
    bench = await makeBench({ isQuick: true })
  })

  test('without a file nothing is configured, and nothing is wrong', async () => {
    expect((await show()).runtime).toMatchObject({
      hostConfigPath: hostFile(),
      isConfigured: false,
      stop: null,
      health: null,
      problems: [],
    })
    expect((await bench.run('workspace', 'show')).stdout).toContain(`runtime  not configured in ${hostFile()}`)
  })

  test('commands, checks and maps, and what cannot work', async () => {
    writeHost({
      workspaces: {
        sample: {
          runtime: { stop: ['sh', '-c', 'exit 0'], start: ['no-such-program', 'start'], stateReads: ['http://127.0.0.1:1/api'] },
          maps: [{ from: '/workspace', to: bench.workspace.root }],
        },
        smaple: {},
      },
    })
    const { runtime } = await show()
    expect(runtime).toMatchObject({
      isConfigured: true,
      stop: ['sh', '-c', 'exit 0'],
      stopTimeoutSeconds: 30,
      stateReads: ['http://127.0.0.1:1/api'],
      maps: [{ from: '/workspace', to: bench.workspace.root }],
      process: null,
    })
    expect(runtime.problems.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      'warning host_workspace_unknown',
      'warning runtime_command_missing',
      'warning runtime_unproven',
    ])
    const shown = await bench.run('workspace', 'show')
    expect(shown.stdout).toMatch(/stop +sh -c 'exit 0' {2}\(within 30 s\)/)
    expect(shown.stdout).toMatch(/state +http:\/\/127\.0\.0\.1:1\/api/)
    expect(shown.stderr).toContain('“smaple”')
  })

  test('a file that others can write configures nothing; a backup goes on, ends with 3 and says so', async () => {
    writeHost({ workspaces: { sample: { runtime: { stop: ['true'], start: ['true'] } } } })
    chmodSync(hostFile(), 0o666)
    expect((await show()).runtime).toMatchObject({ isConfigured: false, problems: [{ severity: 'error', code: 'host_config_unsafe' }] })
    expect((await bench.run('workspace', 'show')).stderr.match(/can be written by everybody/g)).toHaveLength(1)
    const backup = await bench.run('backup', '--json')
    expect(backup.code).toBe(3)
    expect(backup.json).toMatchObject({ warnings: [{ code: 'host_config_unsafe', path: hostFile() }] })
  })
})

describe('path maps of the host file', () => {
  beforeEach(async () => {
    bench = await makeBench({ isQuick: true, shape: 'foreign', isRegistered: false })
    writeHostMaps()
    expect((await bench.run('workspace', 'add', bench.workspace.root, '--name', 'sample')).code).toBe(0)
  })
  const writeHostMaps = () => {
    const maps = [{ from: '/workspace', to: bench.workspace.root }]
    // A home is made by the first verb; the host file is there before, as a host's own set-up would have it.
    mkdirSync(bench.home, { mode: 0o700 })
    writeHost({ workspaces: { sample: { maps } } })
  }

  test('count as a registration’s own do: items are found, archived and verified where the maps lead', async () => {
    const shown = await show()
    expect(shown.maps).toEqual([])
    expect(shown.items.filter(({ kind }) => kind === 'missing')).toEqual([])
    expect((await bench.run('backup')).code).toBe(0)
    expect((await bench.run('verify', 'latest', '--level', 'config')).code).toBe(0)
  })

  test('a restore in place does not guess where items go when the file cannot be used', async () => {
    await bench.run('backup')
    writeHost('{ "workspaces": ')
    const refused = await bench.run('restore', 'latest', '--in-place', '--dry-run', '--json')
    expect(refused.code).toBe(1)
    expect(refused.json).toMatchObject({
      type: 'error',
      code: 'host_config_invalid',
      message: expect.stringContaining('line 1, column 17'),
    })
  })
})
