import fc from 'fast-check'
import { expect, test } from 'vitest'
import { comparePaths } from '#lib/base/path-text.ts'
import { type Entry, formatEntryLine } from '../entry.ts'
import { plainCodec } from '../repository/codec.ts'
import { SectionCutter, type SectionRef } from '../repository/section.ts'
import { deltaOf, type EntryDelta } from './entry-delta.ts'

/** A place where sections lie, that remembers which were read. */
class Sections {
  readonly lines = new Map<string, string[]>()
  readonly read: string[] = []

  store(entries: Entry[]): { sections: SectionRef[] } {
    const cutter = new SectionCutter(plainCodec)
    const sections: SectionRef[] = []
    const keep = (cut: ReturnType<SectionCutter['take']>) => {
      if (!cut) return
      this.lines.set(cut.id, cut.raw.toString('utf8').slice(0, -1).split('\n'))
      sections.push({ id: cut.id, entries: cut.entries, firstPath: cut.firstPath })
    }
    for (const entry of entries) keep(cutter.push(entry.path, formatEntryLine(entry)))
    keep(cutter.take())
    return { sections }
  }

  async readSectionBytes(id: string): Promise<Buffer> {
    this.read.push(id)
    return Buffer.from(`${this.lines.get(id)!.join('\n')}\n`)
  }
}

const entry = (path: string, text: string): Entry => ({
  path,
  type: 'file',
  sizeBytes: text.length,
  mtimeNs: 0n,
  mode: 0o644,
  uid: 0,
  gid: 0,
  sha256: '0'.repeat(64),
  frames: [],
  linkTarget: null,
})

const entriesOf = (files: Record<string, string>) =>
  Object.entries(files)
    .map(([path, text]) => entry(path, text))
    .sort((a, b) => comparePaths(a.path, b.path))

async function all(delta: AsyncIterable<EntryDelta>): Promise<EntryDelta[]> {
  const rows: EntryDelta[] = []
  for await (const row of delta) rows.push(row)
  return rows
}

const name = fc.stringMatching(/^[a-c!~]{1,3}$/)
const files = fc.dictionary(
  fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  fc.stringMatching(/^x{0,3}$/),
  { maxKeys: 300 },
)

test('the delta is exactly what differs, in archive order', async () => {
  await fc.assert(
    fc.asyncProperty(files, files, fc.boolean(), async (a, b, isEdit) => {
      const before = a
      const after = isEdit ? { ...a, ...Object.fromEntries(Object.entries(b).slice(0, 3)) } : b
      const sections = new Sections()
      const rows = await all(deltaOf(sections, sections.store(entriesOf(before)), sections.store(entriesOf(after))))
      const expected = [...new Set([...Object.keys(before), ...Object.keys(after)])]
        .filter((path) => before[path] !== after[path])
        .sort(comparePaths)
      expect(rows.map((row) => row.path)).toEqual(expected)
      for (const row of rows) {
        expect(row.before?.sizeBytes).toBe(before[row.path]?.length)
        expect(row.after?.sizeBytes).toBe(after[row.path]?.length)
      }
    }),
    { numRuns: 60 },
  )
})

test('one changed file among 20,000 costs one section of each archive; none costs nothing', async () => {
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`packs/${n % 100}/pack-${n}.json`, 'x']))
  const sections = new Sections()
  const before = sections.store(entriesOf(many))
  const after = sections.store(entriesOf({ ...many, 'packs/42/pack-4242.json': 'changed' }))
  expect(await all(deltaOf(sections, before, before))).toEqual([])
  expect(sections.read).toEqual([])
  expect((await all(deltaOf(sections, before, after))).map((row) => row.path)).toEqual(['packs/42/pack-4242.json'])
  expect(sections.read).toHaveLength(2)
})

test('without an archive before it everything is new', async () => {
  const sections = new Sections()
  const rows = await all(deltaOf(sections, null, sections.store(entriesOf({ a: '1', 'a/b': '2' }))))
  expect(rows.map((row) => [row.path, row.before, row.after?.sizeBytes])).toEqual([
    ['a', null, 1],
    ['a/b', null, 1],
  ])
})
