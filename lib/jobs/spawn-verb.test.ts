import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isAlive } from '#test/builders/is-alive.ts'
import { until } from '#test/builders/until.ts'
import { runVerb } from './spawn-verb.ts'

test('a verb that nobody waits for any more is stopped, also one that comes to no end when it is asked once, and one that yields runs behind others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-verb-'))
  try {
    const launcher = join(folder, 'launcher')
    const pidFile = join(folder, 'pid')
    const comesToNoEnd = `asked=0; trap 'asked=$((asked + 1)); [ $asked = 1 ] || exit 1' TERM`
    const saysThatItRuns = `echo $$ > '${pidFile}.part' && mv '${pidFile}.part' '${pidFile}'`
    writeFileSync(launcher, `#!/bin/sh\n${comesToNoEnd}\n${saysThatItRuns}\nwhile :; do sleep 0.05; done\n`, { mode: 0o700 })
    const leave = new AbortController()
    const program = { launcher, home: folder, actor: { id: null, name: 'test' } }
    const answer = expect(runVerb(program, ['status'], { signal: leave.signal, isYielding: true })).rejects.toMatchObject({
      code: 'cancelled',
    })
    await until('it runs', () => existsSync(pidFile))
    const pid = Number(readFileSync(pidFile, 'utf8'))
    await until('it yields', () => getPriority(pid) === Math.max(10, getPriority()))
    leave.abort()
    await answer
    await until('it is gone', () => !isAlive(pid))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
