import { spawn } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { noise } from '#test/builders/random-tree.ts'
import { type Bench, makeBench, ORCHIVE } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'

let bench: Bench
beforeEach(async () => {
  bench = await makeBench({ isQuick: true, packs: 3, logs: 1 })
})
afterEach(() => bench.remove())

test('prune killed at several moments: what is listed is whole each time, and the next prune ends the work', async () => {
  const repository = join(bench.home, 'repository')
  /** Files below a folder, those in folders of theirs included. */
  const isIn = (folder: string) =>
    existsSync(join(repository, folder)) &&
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).some((name) => name.includes('.'))
  const moments: [string, () => boolean][] = [
    ['the lease is taken', () => isIn('locks')],
    ['packs are about to be moved', () => isIn('trash/moved')],
    ['the first pack lies in the trash', () => isIn('trash/packs')],
  ]
  const listed = async () => ((await bench.run('archives', '--json')).json as { id: string }[]).map(({ id }) => id)
  await bench.run('backup')
  for (const [number, [what, isThen]] of moments.entries()) {
    writeFileSync(join(bench.workspace.logsDir, 'changes.bin'), noise(300_000, number))
    expect((await bench.run('backup')).code).toBe(0)
    const [newest, ...older] = await listed()
    expect((await bench.run('forget', ...older, '--reason', 'old')).code).toBe(0)
    const child = spawn(ORCHIVE, ['prune', '--grace', '0', '--home', bench.home], { stdio: 'ignore' })
    // Should it be through by then, there is nothing to kill, and all below holds as well.
    await until(what, () => isThen() || child.exitCode !== null)
    child.kill('SIGKILL')
    await until('the prune has ended', () => child.exitCode !== null || child.signalCode !== null)
    expect(await listed(), what).toEqual([newest])
    // 3: a pack whose index was moved before it is no damage, but told.
    expect([0, 3], what).toContain((await bench.run('verify', '--all', '--level', 'bytes')).code)
    const next = await bench.run('prune', '--grace', '0')
    expect(next.stderr, what).toBe('')
    expect(isIn('trash/packs') || isIn('trash/manifests'), what).toBe(false)
    expect((await bench.run('verify', '--all', '--level', 'bytes')).code, what).toBe(0)
    expect(await listed()).toEqual([newest])
  }
})
