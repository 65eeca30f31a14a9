import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startedBy } from './orphaned.ts'

test('a process whose reader went away goes on, and ends when it wants to', async () => {
  const from = JSON.stringify(fileURLToPath(new URL('orphaned.ts', import.meta.url)))
  const script = `import { surviveLostOutput } from ${from}
surviveLostOutput()
process.on('uncaughtException', (error) => console.error(error))
process.stdin.once('data', () => {
  let left = 20
  const say = () => (left-- > 0 ? (console.error('x'), console.log('x'), setImmediate(say)) : process.exit(7))
  say()
})`
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script])
  child.stdout.destroy()
  child.stderr.destroy()
  child.stdin.write('go\n')
  expect(await once(child, 'exit')).toEqual([7, null])
})

test('whoever started it is there as long as it is', () => {
  expect(startedBy().isGone()).toBe(false)
  expect(startedBy(process.ppid + 1).isGone()).toBe(true)
})
