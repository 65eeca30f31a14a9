import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findSession, offerSessions } from './known-sessions.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

const asking = (cookie: string) => findSession(new Headers({ cookie }))

test('the auth library is asked once a minute for each cookie, and passes on what it renews', async () => {
  const asked: string[] = []
  offerSessions(async (headers) => {
    const cookie = headers.get('cookie')!
    asked.push(cookie)
    return cookie.startsWith('good') ? { id: `of ${cookie}`, personId: 'ada', cookies: ['renewed'] } : null
  })
  expect(await asking('good=1')).toEqual({ id: 'of good=1', personId: 'ada', cookies: ['renewed'] })
  expect(await asking('good=1')).toEqual({ id: 'of good=1', personId: 'ada', cookies: [] })
  expect(await asking('good=2')).toMatchObject({ id: 'of good=2' })
  // Who is not signed in may be so a moment later with the same cookie.
  expect(await asking('bad=1')).toBeNull()
  expect(await asking('bad=1')).toBeNull()
  expect(await findSession(new Headers())).toBeNull()
  expect(asked).toEqual(['good=1', 'good=2', 'bad=1', 'bad=1'])

  vi.advanceTimersByTime(60_001)
  expect(await asking('good=1')).toMatchObject({ cookies: ['renewed'] })
  expect(asked).toHaveLength(5)
})
