import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** The tests that SECURITY.md names: a file, and words of a title in it. */
const named = [...readFileSync('SECURITY.md', 'utf8').matchAll(/\| `([^`]+\.(?:test|spec)\.ts)`: ([^|]+) \|$/gm)].map(([, file, title]) => [
  file!,
  title!.trim(),
])

test('every threat names a test', () => {
  const rows = readFileSync('SECURITY.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| Threat') && !line.startsWith('| ---'))
  expect(rows.length).toBeGreaterThan(15)
  expect(named.length).toBe(rows.length)
})

test.each(named)('%s has the test “%s”', (file, title) => {
  expect(existsSync(file), file).toBe(true)
  expect(readFileSync(file, 'utf8')).toContain(title)
})
