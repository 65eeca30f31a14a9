import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runOrchive, runQuickly } from './run-orchive.ts'

test('a command says and ends the same in a shared process as in one of its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-session-'))
  try {
    const answersOf = async (run: typeof runQuickly) => {
      const answers = []
      for (const argv of [
        ['--version'],
        ['archives'],
        ['archives', '--json'],
        ['frobnicate'],
        ['workspace', 'add', '/no/such', '--json'],
      ]) {
        const { code, stdout, stderr } = await run(folder, argv, { env: { ORCHIVE_PORT: '7900' }, cwd: folder })
        answers.push({ argv, code, stdout, stderr })
      }
      return answers
    }
    const [quick, own] = [await answersOf(runQuickly), await answersOf(runOrchive)]
    expect(quick).toEqual(own)
    // While one runs, the next has a process of its own.
    const both = await Promise.all([runQuickly(folder, ['archives']), runQuickly(folder, ['frobnicate'])])
    expect(both.map(({ code }) => code)).toEqual([own[1]!.code, own[3]!.code])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
