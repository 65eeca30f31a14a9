import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
/** Far more than it takes; one that starts itself again and again never ends. */
const PATIENCE_MS = 30_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-bundle-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a checkout whose packages lie behind a link is bundled once, by the Node that is there', async () => {
  mkdirSync(join(folder, 'scripts'))
  for (const name of ['bundle-cli.mjs', 'bootstrap.mjs']) cpSync(join(ROOT, 'scripts', name), join(folder, 'scripts', name))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  // There are no sources here: it says so and ends well, since the sources would run as they are.
  const { code, errors } = await runToItsEnd(join(folder, 'node_modules/node/bin/node'), [join(folder, 'scripts/bundle-cli.mjs')])
  expect([code, errors]).toEqual([0, expect.stringContaining('The command line was not bundled')])
})

/** A program in a process group of its own, which is killed as a whole when it does not end. */
async function runToItsEnd(command: string, args: string[]): Promise<{ code: number | null; errors: string }> {
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), PATIENCE_MS)
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8')
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  return { code, errors }
}
