import { expect, test } from 'vitest'
import { layOutTreemap } from './treemap.ts'

test('areas are the sizes, nothing overlaps or sticks out, and largest comes first', () => {
  const sizes = [4.1, 3.9, 2, 1.8, 0.9, 0.8, 0.5, 0.3, 0.3, 0]
  const tiles = layOutTreemap(sizes, (size) => size, 2)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  expect(tiles.map(({ value }) => value)).toEqual([4.1, 3.9, 2, 1.8, 0.9, 0.8, 0.5, 0.3, 0.3])
  for (const { value, left, top, width, height } of tiles) {
    expect((width * height) / 10_000).toBeCloseTo(value / total)
    expect(left + width).toBeLessThanOrEqual(100.0001)
    expect(top + height).toBeLessThanOrEqual(100.0001)
    const proportion = (width * 2) / height
    expect(Math.max(proportion, 1 / proportion)).toBeLessThan(4)
  }
  for (const [i, a] of tiles.entries()) {
    for (const b of tiles.slice(i + 1)) {
      const isApart =
        a.left + a.width <= b.left + 1e-6 ||
        b.left + b.width <= a.left + 1e-6 ||
        a.top + a.height <= b.top + 1e-6 ||
        b.top + b.height <= a.top + 1e-6
      expect(isApart).toBe(true)
    }
  }
})

test('nothing of any size gives no tile', () => {
  expect(layOutTreemap([0, 0], (size) => size, 2)).toEqual([])
  expect(layOutTreemap([], (size: number) => size, 2)).toEqual([])
})
