import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, makeBench, runOrchive } from '#test/builders/run-orchive.ts'
import { advanceDay } from '#test/builders/sample-workspace.ts'

let bench: Bench
beforeEach(async () => {
  bench = await makeBench({ isQuick: true })
})
afterEach(() => bench.remove())

describe('backup', () => {
  test('prints progress events and last a result with the fixed fields', async () => {
    const done = await bench.run('backup', '--json')
    expect(done.code).toBe(0)
    expect(done.events.at(-1)).toMatchObject({
      type: 'result',
      archiveId: expect.stringMatching(/^arc_[0-9a-f]{24}$/),
      files: expect.any(Number),
      storedBytes: expect.any(Number),
      contentBytes: expect.any(Number),
      durationMs: expect.any(Number),
      warnings: [],
    })
    expect(done.events.some(({ type }) => type === 'progress')).toBe(true)
  })

  test('stores nothing new when nothing changed, and only what changed a day later', async () => {
    await bench.run('backup')
    const again = (await bench.run('backup', '--json')).json as { storedBytes: number }
    expect(again.storedBytes).toBe(0)
    advanceDay(bench.workspace)
    const later = (await bench.run('backup', '--json')).json as { storedBytes: number; contentBytes: number }
    expect(later.storedBytes).toBeGreaterThan(0)
    expect(later.storedBytes).toBeLessThan(later.contentBytes / 2)
  })

  test('ends with 3 and marks the archive suspect when the state is torn, and keeps the torn bytes', async () => {
    await bench.run('backup')
    const whole = readFileSync(bench.workspace.statePath)
    writeFileSync(bench.workspace.statePath, whole.subarray(0, whole.length - 40))
    const torn = await bench.run('backup', '--json')
    expect(torn.code).toBe(3)
    expect(torn.json).toMatchObject({ suspect: true, warnings: [expect.objectContaining({ code: expect.stringMatching(/^state_/) })] })
    const [newest] = (await bench.run('archives', '--json')).json as { suspect: boolean; id: string }[]
    expect(newest!.suspect).toBe(true)
    const kept = await bench.run('cat', 'latest', 'orchestrator_state.json')
    expect(kept.stdout).toBe(whole.subarray(0, whole.length - 40).toString())
    expect((await bench.run('accept', 'latest', '--reason', 'known incident')).code).toBe(0)
    expect(((await bench.run('archives', '--json')).json as { suspect: boolean }[])[0]!.suspect).toBe(false)
  })

  test('ends with 3 when the state shrank by more than half', async () => {
    await bench.run('backup')
    writeFileSync(bench.workspace.statePath, JSON.stringify({ updatedAt: 'now', taskHistory: [], taskExecutions: [], approvals: [] }))
    const reset = await bench.run('backup', '--json')
    expect(reset.code).toBe(3)
    expect(reset.json).toMatchObject({ suspect: true })
  })

  test('follows a changed path and says which key changed', async () => {
    await bench.run('backup')
    const config = JSON.parse(readFileSync(bench.workspace.configPath, 'utf8')) as Record<string, string>
    mkdirSync(join(bench.workspace.root, 'logs-2'))
    writeFileSync(join(bench.workspace.root, 'logs-2/new.jsonl'), '{}\n')
    writeFileSync(bench.workspace.configPath, JSON.stringify({ ...config, logsDir: './logs-2' }))
    const shown = (await bench.run('workspace', 'show', '--json')).json as { configChanges: { key: string }[] }
    expect(shown.configChanges).toEqual([expect.objectContaining({ key: 'logsDir' })])
    expect((await bench.run('backup')).code).toBe(0)
    const listed = (await bench.run('ls', 'latest', 'logs-2', '--json')).json as { path: string }[]
    expect(listed.map(({ path }) => path)).toEqual(['logs-2/new.jsonl'])
  })

  test('names the line and column of a config that does not parse, ends with 1 and lists nothing', async () => {
    writeFileSync(bench.workspace.configPath, '{\n  "stateFile": "./s.json",\n  oops\n}')
    const failed = await bench.run('backup', '--json')
    expect(failed.code).toBe(1)
    expect(failed.json).toMatchObject({ type: 'error', code: 'config_invalid', message: expect.stringMatching(/line 3/) })
    expect((await bench.run('archives', '--json')).json).toEqual([])
  })

  test('a second writer is told who holds the repository, and ends with 11', async () => {
    const { openLocalStorage } = await import('#lib/engine/storage/local-storage.ts')
    const { openRepository } = await import('#lib/engine/repository/repository.ts')
    const repository = await openRepository(openLocalStorage(join(bench.home, 'repository')))
    const lease = await repository.lock({ purpose: 'a test', since: 'now', monotonicMs: () => performance.now() })
    const locked = await bench.run('backup', '--json')
    expect(locked.code).toBe(11)
    expect(locked.json).toMatchObject({ code: 'repository_locked', message: expect.stringContaining('a test') })
    await lease.release()
    expect((await bench.run('backup')).code).toBe(0)
  })

  test('SIGTERM ends with 130 and lists nothing half done', async () => {
    writeFileSync(join(bench.workspace.logsDir, 'big.log'), Buffer.alloc(60_000_000, 'noise '))
    const stopped = await runOrchive(bench.home, ['backup', '--json'], {
      onStart: (pid) => {
        const timer = setInterval(() => {
          const locks = join(bench.home, 'repository/locks')
          if (existsSync(locks) && readdirSync(locks).length > 0) {
            clearInterval(timer)
            process.kill(pid, 'SIGTERM')
          }
        }, 5)
      },
    })
    expect(stopped.code).toBe(130)
    expect((await bench.run('archives', '--json')).json).toEqual([])
    expect(readdirSync(join(bench.home, 'repository/locks'))).toEqual([])
    expect((await bench.run('backup')).code).toBe(0)
  })

  test('a repository that is gone is exit 10 with the place in the message', async () => {
    rmSync(join(bench.home, 'repository'), { recursive: true })
    const failed = await bench.run('backup', '--json')
    expect(failed.code).toBe(10)
    expect(failed.json).toMatchObject({ code: 'repository_missing', message: expect.stringContaining(bench.home) })
  })

  test('a repository of an unknown format version is refused, not guessed at', async () => {
    const path = join(bench.home, 'repository/repository.json')
    const { createHash } = await import('node:crypto')
    const text = `${JSON.stringify({ format: 'orchive-repository', version: 99, idFunction: 'sha256', objectCodec: 'plain' })}\n`
    chmodSync(path, 0o600)
    writeFileSync(path, `${text}${createHash('sha256').update(text).digest('hex')}\n`)
    const failed = await bench.run('backup', '--json')
    expect(failed.json).toMatchObject({ code: 'repository_unknown_format' })
  })
})
