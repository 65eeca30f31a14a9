import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import { runCommand } from './run-command.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-run-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const run = (argv: string[], timeoutMs = 20_000, signal?: AbortSignal) =>
  runCommand({ workspace: 'prod', verb: 'stop', argv, timeoutMs, clock: systemClock, env: process.env, signal })
const isAlive = (pid: number) => {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
/** Looks again and again until the answer is yes. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

test('words are given as they are, with no shell between', async () => {
  const done = await run(['printf', '%s|', 'a b', '$HOME', '; exit 3', '*'])
  expect(done).toMatchObject({ exitCode: 0, signal: null, timedOut: false, outputTail: 'a b|$HOME|; exit 3|*|', isOutputHeld: false })
})

test('a command is found on the PATH of the environment that it is given, and sees no other', async () => {
  const command = { workspace: 'prod', verb: 'stop', timeoutMs: 20_000, clock: systemClock }
  writeFileSync(join(folder, 'here'), '#!/bin/sh\necho "[$ONLY][$HOME]"\n', { mode: 0o755 })
  const done = await runCommand({ ...command, argv: ['here'], env: { PATH: `${folder}:/bin:/usr/bin`, ONLY: 'this' } })
  expect(done).toMatchObject({ exitCode: 0, outputTail: '[this][]' })
})

test('exit code, signal and both streams are told', async () => {
  expect(await run(['sh', '-c', 'echo out; echo err >&2; exit 7'])).toMatchObject({
    exitCode: 7,
    outputTail: expect.stringMatching(/out[\s\S]*err|err[\s\S]*out/),
  })
  expect(await run(['sh', '-c', 'kill -9 $$'])).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: false })
})

test('of megabytes of output only the end is kept', async () => {
  const done = await run(['sh', '-c', 'yes "ein schöner Tag" | head -c 20000000; echo; echo the end'])
  expect(done.exitCode).toBe(0)
  expect(done.outputTail.length).toBeLessThan(8300)
  expect(done.outputTail).toMatch(/^…/)
  expect(done.outputTail).not.toContain('\ufffd')
  expect(done.outputTail.endsWith('the end')).toBe(true)
})

test('a command that hangs is ended at its timeout with all that it started', async () => {
  const pids = join(folder, 'pids')
  // The inner one ignores the polite signal.
  const done = await run(
    ['sh', '-c', `sh -c 'trap "" TERM; echo $$ >> ${pids}; while :; do sleep 1; done' & echo $$ >> ${pids}; wait`],
    700,
  )
  expect(done).toMatchObject({ timedOut: true, exitCode: null })
  const all = readFileSync(pids, 'utf8').trim().split('\n').map(Number)
  expect(all).toHaveLength(2)
  await until(() => all.every((pid) => !isAlive(pid)))
})

test('cancelling ends the whole group and says so', async () => {
  const mark = join(folder, 'pid')
  const abort = new AbortController()
  const running = run(['sh', '-c', `echo $$ > ${mark}.part; mv ${mark}.part ${mark}; sleep 600`], 60_000, abort.signal)
  await until(() => existsSync(mark))
  abort.abort()
  await expect(running).rejects.toMatchObject({ code: 'cancelled' })
  expect(isAlive(Number(readFileSync(mark, 'utf8')))).toBe(false)
})

test('what a command leaves behind goes on, and that it holds the output is told', async () => {
  const mark = join(folder, 'pid')
  const held = await run(['sh', '-c', `sleep 600 & echo $! > ${mark}`])
  const quiet = await run(['sh', '-c', `sleep 600 >/dev/null 2>&1 & echo $! >> ${mark}`])
  const pids = readFileSync(mark, 'utf8').trim().split('\n').map(Number)
  try {
    expect(pids.map(isAlive)).toEqual([true, true])
    expect([held.isOutputHeld, quiet.isOutputHeld]).toEqual([true, false])
  } finally {
    for (const pid of pids) process.kill(pid)
  }
})

test('a command that is not there or cannot be executed names workspace, verb and words', async () => {
  await expect(run(['no-such-command-here', 'a b'])).rejects.toMatchObject({
    code: 'runtime_command_failed',
    message: "The stop command of prod could not be run: no-such-command-here 'a b': no-such-command-here is not on PATH.",
    hint: expect.stringContaining('orchive.config.json'),
  })
  await expect(run([join(folder, 'gone')])).rejects.toMatchObject({ message: expect.stringContaining('is not there') })
  const plain = join(folder, 'plain')
  writeFileSync(plain, '#!/bin/sh\n')
  chmodSync(plain, 0o644)
  await expect(run([plain])).rejects.toMatchObject({
    code: 'runtime_command_failed',
    message: expect.stringContaining('may not be executed'),
  })
})
