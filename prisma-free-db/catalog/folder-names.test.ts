import { expect, test } from 'vitest'
import { listFolder } from './queries/list-folder.ts'
import { nodeOf, nodesSeenBy } from './tables/folder-names.ts'
import { TestCatalog, type Tree } from './testing.ts'

test('a span is filed at a node that exactly the archives in it, and no others beyond its block, look at', () => {
  const newest = 70
  for (let since = 1; since <= newest; since++) {
    for (let until = since + 1; until <= newest; until++) {
      const node = nodeOf(since, until)
      expect(node >= since && node < until).toBe(true)
      for (let number = since; number < until; number++) expect(nodesSeenBy(number, newest)).toContain(node)
    }
  }
})

test('an archive looks at few nodes: one more when the series doubles', () => {
  for (const newest of [1, 2, 3, 400, 1000, 100_000]) {
    for (const number of [1, 2, Math.ceil(newest / 2), newest]) {
      if (number > newest) continue
      const nodes = nodesSeenBy(number, newest)
      expect(new Set(nodes).size).toBe(nodes.length)
      expect(nodes.length).toBeLessThanOrEqual(3 + Math.log2(newest))
    }
  }
})

test('before the first archive of a series there is nothing to look at', () => {
  expect(nodesSeenBy(0, 0)).toEqual([0])
})

test('names that come, go and come back are listed by every archive as it saw them', async () => {
  using catalog = new TestCatalog()
  const taken = []
  for (let day = 0; day < 40; day++) {
    const tree: Tree = { 'logs/always': 'a' }
    for (let n = day; n < day + 5; n++) tree[`logs/run-${String(n).padStart(3, '0')}`] = 'x'
    if (day % 3 === 0) tree['logs/sometimes'] = `${day}`
    taken.push({ id: await catalog.take(tree), names: Object.keys(tree).toSorted() })
  }
  for (const { id, names } of taken) {
    for (const limit of [2, 100]) {
      const listed: string[] = []
      let cursor: string | null = null
      do {
        const page = listFolder(catalog.db, { archiveId: id, path: 'logs', limit, cursor })
        listed.push(...page.rows.map((row) => row.path))
        cursor = page.nextCursor
      } while (cursor)
      expect(listed).toEqual(names)
    }
  }
})
