import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isAlive } from '#test/builders/is-alive.ts'
import { until } from '#test/builders/until.ts'
import { outputOf, pipeVerb, runVerb } from './spawn-verb.ts'

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

test('what a verb prints before it fails does not look whole', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-verb-'))
  try {
    const launcher = join(folder, 'launcher')
    writeFileSync(launcher, "#!/bin/sh\necho half\necho 'orchive: A pack is damaged.' >&2\nexit 1\n", { mode: 0o700 })
    const output = await outputOf(pipeVerb({ launcher, home: folder, actor: { id: null, name: 'test' } }, ['export']))
    let text = ''
    const read = async () => {
      for await (const piece of output) text += piece.toString()
    }
    await expect(read()).rejects.toThrow('A pack is damaged.')
    expect(text).toBe('half\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
