import type { SeenPath } from '#test/builders/random-tree.ts'

/** In words, a line for each path that is not the same in both; times within 1 µs are. */
export function differences(actual: SeenPath[], expected: SeenPath[]): string[] {
  const wanted = new Map(expected.map((seen) => [seen.path, seen]))
  const found: string[] = []
  for (const seen of actual) {
    const other = wanted.get(seen.path)
    wanted.delete(seen.path)
    const apart = other ? seen.mtimeNs - other.mtimeNs : 0n
    if (!other) found.push(`${seen.path}: is there`)
    else if (seen.type !== other.type || seen.mode !== other.mode || seen.linkedTo !== other.linkedTo)
      found.push(`${seen.path}: type, mode or link`)
    else if (seen.content !== other.content) found.push(`${seen.path}: content`)
    else if (apart > 1000n || apart < -1000n) found.push(`${seen.path}: time, ${apart} ns apart`)
  }
  return [...found, ...[...wanted.keys()].map((path) => `${path}: is not there`)]
}

/** Throws when two trees are not the same, naming the first paths that differ. */
export function expectSame(actual: readonly SeenPath[], expected: readonly SeenPath[], what: string): void {
  const found = differences([...actual], [...expected])
  if (found.length > 0) throw new Error(`${what}: ${found.length} paths differ:\n${found.slice(0, 20).join('\n')}`)
}
