import { expect, test } from 'vitest'
import { table } from './table.ts'

test('columns line up, numbers at the right, whatever width the characters have', () => {
  expect(
    table(
      [
        ['A', 'SIZE', ''],
        ['日本', '7', 'x'],
        ['b', '1,000'],
      ],
      [1],
    ),
  ).toEqual(['A      SIZE', '日本      7  x', 'b     1,000'])
  expect(table([])).toEqual([])
})

test('as many rows as an archive of a million files has are no problem', () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => [`${i}`, 'x'])
  expect(table(rows).at(-1)).toBe('199999  x')
})
