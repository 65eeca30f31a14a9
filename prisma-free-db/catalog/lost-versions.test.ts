import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ArchiveId, newSeriesId } from '#lib/base/ids.ts'
import { type LostVersion, listLostVersions } from './queries/lost-versions.ts'
import { TestCatalog, type Tree } from './testing.ts'

const NAMES = ['state.json', 'logs/a.log', 'logs/b.log', 'logs/old/c.log', 'packs/p-1.json']
const trees = fc.array(
  fc.record({
    tree: fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('one', 'two', 'three'), { noNullPrototype: true }),
    isPartial: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    goes: fc.boolean(),
  }),
  { minLength: 1, maxLength: 9 },
)

function lostIn(catalog: TestCatalog, forget: Iterable<ArchiveId>): LostVersion[] {
  const found: LostVersion[] = []
  listLostVersions(catalog.db, catalog.workspaceId, new Set(forget), (lost) => found.push(lost))
  return found
}

test('what no archive that stays holds is what comparing whole trees finds', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(trees, async (plan) => {
      using catalog = new TestCatalog()
      const taken: { id: ArchiveId; tree: Tree; goes: boolean }[] = []
      for (const { tree, isPartial, goes } of plan) {
        const id = await catalog.take(tree, isPartial ? { series: newSeriesId(), kind: 'safety' } : {})
        taken.push({ id, tree, goes })
      }
      const stays = taken.filter(({ goes }) => !goes)
      const expected = new Set<string>()
      for (const { tree } of taken.filter(({ goes }) => goes)) {
        for (const [path, content] of Object.entries(tree)) {
          if (stays.some((other) => other.tree[path] === content)) continue
          const isWholeFile = !stays.some((other) => other.tree[path] !== undefined)
          const holder = taken.findLast((other) => other.goes && other.tree[path] === content)!.id
          expected.add(`${path} ${String(content).length} ${holder} ${isWholeFile}`)
        }
      }
      const found = lostIn(
        catalog,
        taken.filter(({ goes }) => goes).map(({ id }) => id),
      )
      const said = found.map(({ path, sizeBytes, archiveId, isWholeFile }) => `${path} ${sizeBytes} ${archiveId} ${isWholeFile}`)
      // A content that came back later is two versions, of which each is told with the newest archive that holds it.
      for (const line of expected) expect(said).toContain(line)
      const key = ({ path, archiveId }: LostVersion) => `${path} ${String(taken.find(({ id }) => id === archiveId)!.tree[path])}`
      expect(new Set(found.map(key)).size).toBe(expected.size)
    }),
    { numRuns: 25 },
  )
})
