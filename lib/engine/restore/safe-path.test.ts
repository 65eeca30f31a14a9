import { expect, test } from 'vitest'
import type { Entry } from '../entry.ts'
import { EntryGuard, isWithin, safeRawPath } from './safe-path.ts'

const entry = (path: string, type: Entry['type'] = 'file', linkTarget: string | null = null): Entry => ({
  path,
  type,
  linkTarget,
  sizeBytes: 0,
  mtimeNs: 0n,
  mode: 0o644,
  uid: 0,
  gid: 0,
  sha256: null,
  frames: [],
})

test.each([
  ['', 'empty'],
  ['/etc/passwd', 'empty part'],
  ['logs/', 'empty part'],
  ['logs//a', 'empty part'],
  ['.', '“.” or “..”'],
  ['..', '“.” or “..”'],
  ['../x', '“.” or “..”'],
  ['logs/..', '“.” or “..”'],
  ['logs/../../x', '“.” or “..”'],
  ['logs/./x', '“.” or “..”'],
  ['logs/a\\x00b', 'zero byte'],
  ['logs/\\x41', 'text form'],
  ['logs/\\', 'text form'],
  [`logs/${'n'.repeat(256)}`, 'longer than 255'],
])('an archive path that could leave its root is refused: %s', (path, why) => {
  expect(() => safeRawPath(path)).toThrow(why)
})

test.each(['logs', 'logs/...', 'logs/..a', 'logs/a..', 'logs/.hidden', 'a b/ü/\\xff\\\\', `logs/${'n'.repeat(255)}`])(
  'a plain path passes: %s',
  (path) => {
    expect(() => safeRawPath(path)).not.toThrow()
  },
)

test('entries must ascend, so that no path comes twice', () => {
  const guard = new EntryGuard()
  guard.check(entry('logs', 'dir'))
  guard.check(entry('logs/b'))
  expect(() => guard.check(entry('logs/b'))).toThrow('out of order')
  expect(() => guard.check(entry('logs/a'))).toThrow('out of order')
})

test('nothing lies under a symlink or a file of the archive', () => {
  for (const type of ['symlink', 'file', 'hardlink'] as const) {
    const guard = new EntryGuard()
    guard.check(entry('logs', 'dir'))
    guard.check(entry('logs/a', type, 'logs/x'))
    expect(() => guard.check(entry('logs/a/passwd'))).toThrow('which is no folder')
  }
})

test('a hard link may not name a path outside the archive', () => {
  expect(() => new EntryGuard().check(entry('logs', 'hardlink', '../../etc/shadow'))).toThrow('“.” or “..”')
})

test('a path is within a folder on whole names only', () => {
  expect(isWithin('logs/a', 'logs')).toBe(true)
  expect(isWithin('logs', 'logs')).toBe(true)
  expect(isWithin('logs-old/a', 'logs')).toBe(false)
})
