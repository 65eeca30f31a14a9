import { expect, test } from 'vitest'
import { terminalText } from './terminal-text.ts'

test.each([
  ['plain ü 😀\ttab\n', 'plain ü 😀\ttab\n'],
  ['\u001b]0;title\u0007', '\\x1b]0;title\\x07'],
  ['\u001b[2Jcleared', '\\x1b[2Jcleared'],
  ['\u001b[8mhidden', '\\x1b[8mhidden'],
  ['back\b\b\b\b\rover', 'back\\x08\\x08\\x08\\x08\\x0dover'],
  ['\u009b31m', '\\x9b31m'],
  ['exe.\u202egnp', 'exe.\\u202egnp'],
])('%j is written to a terminal as %j', (text, shown) => {
  expect(terminalText(text)).toBe(shown)
})

test('the colours of the program itself stay', () => {
  const colored = '\u001b[31mfailed\u001b[39m: \u001b[1mx\u001b[22m'
  expect(terminalText(colored)).toBe(colored)
})
