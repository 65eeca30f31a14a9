import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ORCHIVE } from '#test/builders/run-orchive.ts'

const ROOT = dirname(import.meta.dirname)
const IMPORT = /^(?:import|export) (?!type )(?:[^'"]*? from )?'([^']+)'/gm

/** Every module that loading one loads before anything runs, with the packages among them. */
function loadedBy(entry: string): Set<string> {
  const seen = new Set<string>([entry])
  for (const module of seen) {
    if (!module.endsWith('.ts')) continue
    for (const [, name = ''] of readFileSync(join(ROOT, module), 'utf8').matchAll(IMPORT)) seen.add(resolved(name, module))
  }
  return seen
}

function resolved(name: string, from: string): string {
  if (name.startsWith('.')) return join(dirname(from), name)
  return name.replace(/^#db\//, 'prisma-free-db/').replace(/^#/, '')
}

test.each([
  'cli/program.ts',
  'cli/commands/backup.ts',
  'cli/commands/archives.ts',
  'cli/commands/diff.ts',
  'cli/commands/restore.ts',
  'cli/commands/verify.ts',
  'cli/commands/prune.ts',
  'cli/commands/content.ts',
])('no schema library is loaded by starting %s: it takes longer than a short verb', (entry) => {
  const loaded = loadedBy(entry)
  expect(loaded).toContain('lib/base/errors.ts')
  expect(loaded).not.toContain('zod')
})

test('help whose reader has seen enough ends without a word', () => {
  const { stdout, stderr } = spawnSync('sh', ['-c', `'${ORCHIVE}' --help | head -1`], { encoding: 'utf8' })
  expect([stdout, stderr]).toEqual(['Usage: orchive VERB [options]\n', ''])
})
