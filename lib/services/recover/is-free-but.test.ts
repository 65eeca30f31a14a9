import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isFreeBut } from './is-free-but.ts'

let root: string
let file: string
const ours = [Buffer.from('{"a":1}\n'), Buffer.from('{"a":2}')]
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orchive-free-'))
  file = join(root, 'conf/config.json')
  mkdirSync(join(root, 'conf/deeper/still'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

test('a root is free when it is absent, empty, or holds the config that would go there and empty folders', () => {
  expect(isFreeBut(join(root, 'absent'), file, ours)).toBe(true)
  expect(isFreeBut(root, file, ours)).toBe(true)
  writeFileSync(file, ours[1]!)
  expect(isFreeBut(root, file, ours)).toBe(true)
})

test.each<[string, () => void]>([
  ['another content in the config', () => writeFileSync(file, '{"a":3}\n')],
  ['the config under another name', () => writeFileSync(join(root, 'config.json'), ours[0]!)],
  ['anything else', () => writeFileSync(join(root, 'conf/deeper/notes'), '')],
  ['a link to it', () => symlinkSync('deeper', file)],
  [
    'one that has a second name',
    () => {
      writeFileSync(file, ours[0]!)
      linkSync(file, join(root, 'conf/deeper/same'))
    },
  ],
  ['a name that is none in UTF-8', () => mkdirSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff])]))],
])('%s is somebody’s, and in the way', (_, put) => {
  put()
  expect(isFreeBut(root, file, ours)).toBe(false)
})
