import fc from 'fast-check'
import { expect, test } from 'vitest'
import { itemText, mapText, parseItemText, parseMapText } from './map-text.ts'

const name = fc.string({ minLength: 1, unit: fc.constantFrom('a', '/', '=', ',', '[', '{', '"', ' ', '\\', 'ä') })

test('any path map and any item come back from their arguments', () => {
  fc.assert(
    fc.property(name, name, (from, to) => {
      expect(parseMapText(mapText({ from, to }))).toEqual({ from, to })
    }),
  )
  fc.assert(
    fc.property(name, (key) => {
      expect(parseItemText(itemText({ key, importance: 'high' }))).toEqual({ key, importance: 'high' })
    }),
  )
})

test('they are written as people write them unless a name has the signs between', () => {
  expect(mapText({ from: '/workspace', to: '/opt/a=b' })).toBe('/workspace=/opt/a=b')
  expect(mapText({ from: '/a=b', to: '/c' })).toBe('["/a=b","/c"]')
  expect(itemText({ key: 'digestDir', importance: 'high' })).toBe('key=digestDir,importance=high')
  expect(parseItemText('digestDir')).toEqual({ key: 'digestDir', importance: 'medium' })
  expect(parseItemText('importance=high,key=a.b')).toEqual({ key: 'a.b', importance: 'high' })
})

test.each(['=', '/a=', '=/b', '/a', '["/a"]', '["/a","/b","/c"]', '["/a",1]'])('%s is no map', (text) => {
  expect(parseMapText(text)).toBeNull()
})

test.each(['', 'key=', 'importance=high', 'key=a,colour=red', '{"key":1}', '{"key":"a","x":1}'])('%s is no item', (text) => {
  expect(parseItemText(text)).toBeNull()
})
