import { expect, test } from 'vitest'
import { ownPage } from './sign-in.ts'

test('who signs in goes on to a page of the console with what its address says, and to no other site', () => {
  for (const page of ['/settings/people', '/w/ws_1/compare?a=arc_1&b=live&path=logs%2Frun-0.jsonl', '/w/ws_1/retention/P-0001'])
    expect(ownPage(page)).toBe(page)
  const others = [
    '/',
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/a?b=c#d',
    '/a?next=<x>',
    `/a?${'b'.repeat(2000)}`,
    null,
  ]
  for (const page of others) expect(ownPage(page), String(page)).toBeNull()
})
