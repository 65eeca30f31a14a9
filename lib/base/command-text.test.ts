import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { commandText, operands } from './command-text.ts'

test('a command to copy means its words to a shell, whatever they are made of', () => {
  const names = [
    'logs/run 1.jsonl',
    "it's",
    '$(touch pwned)',
    '`id`',
    '; rm -rf ~',
    '~',
    'a\\b',
    '"',
    '*',
    'new\nline',
    'ü',
    '',
    '--target',
  ]
  const typed = commandText(['printf', '%s\\0', ...operands(...names)])
  const [dashes, ...said] = execFileSync('sh', ['-c', typed], { encoding: 'utf8' }).split('\0')
  expect([dashes, said]).toEqual(['--', [...names, '']])
  expect(commandText(['orchive', 'cat', ...operands('arc_51f0', 'logs/run-0.jsonl')])).toBe('orchive cat arc_51f0 logs/run-0.jsonl')
})
