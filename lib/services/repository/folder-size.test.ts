import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderSize } from './folder-size.ts'

test('what is added or removed counts at once, what is held already is not looked at again', () => {
  const root = mkdtempSync(join(tmpdir(), 'orchive-size-'))
  try {
    const packs = join(root, 'packs/aa')
    mkdirSync(packs, { recursive: true })
    mkdirSync(join(root, 'marks/arc_1'), { recursive: true })
    writeFileSync(join(root, 'marks/arc_1/000001-hold.json'), 'not counted')
    writeFileSync(join(root, 'repository.json'), '12345')
    writeFileSync(join(packs, '1.pack'), '1234567890')
    expect(folderSize(root)).toEqual({ bytes: 15, packs: 1 })
    // Within the tick of the folder's time.
    writeFileSync(join(packs, '2.pack'), '123')
    expect(folderSize(root)).toEqual({ bytes: 18, packs: 2 })
    utimesSync(packs, 1_700_000_000, 1_700_000_000)
    expect(folderSize(root)).toEqual({ bytes: 18, packs: 2 })
    writeFileSync(join(packs, '1.pack'), 'an object is never changed, so nobody looks')
    expect(folderSize(root)).toEqual({ bytes: 18, packs: 2 })
    rmSync(join(packs, '2.pack'))
    expect(folderSize(root)).toEqual({ bytes: 15, packs: 1 })
    rmSync(join(root, 'packs'), { recursive: true })
    expect(folderSize(root)).toEqual({ bytes: 5, packs: 0 })
    expect(folderSize(join(root, 'none'))).toEqual({ bytes: 0, packs: 0 })
  } finally {
    rmSync(root, { recursive: true })
  }
})
