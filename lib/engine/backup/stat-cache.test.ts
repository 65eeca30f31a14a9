import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { newArchiveId } from '#lib/base/ids.ts'
import { RECORD_BYTES } from './stamp.ts'
import { readStatCache, StatCacheWriter } from './stat-cache.ts'

test('records come back in their order, however they were added; one byte that is another makes the cache worthless', () => {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-stamps-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'stamps')
  const records = Buffer.alloc(3000 * RECORD_BYTES)
  for (let at = 0; at < records.length; at += 4) records.writeUInt32LE(at, at)
  const writer = new StatCacheWriter()
  // One by one, more at once than a chunk has room for, and none.
  for (let n = 0; n < 1000; n++) writer.add(records, n * RECORD_BYTES)
  writer.add(records, 1000 * RECORD_BYTES, 2000)
  writer.add(records, 0, 0)
  const archiveId = newArchiveId()
  writer.save(path, archiveId, { archives: {}, packs: ['packs/1'], lines: {} })
  const cache = readStatCache(path)!
  expect(cache).toMatchObject({ archiveId, count: 3000, facts: { packs: ['packs/1'] } })
  expect(Buffer.from(cache.views.bytes).equals(records)).toBe(true)
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(path, bytes)
  expect(readStatCache(path)).toBe(null)
})
