import { expect, test } from 'vitest'
import { until } from '#test/builders/until.ts'
import { readVitals, watchVitals } from './vitals.ts'

test('an event loop that stands still is seen, and for how long', async () => {
  expect(readVitals()).toBeNull()
  watchVitals()
  const { blockedSeconds, residentBytes, openFiles } = await until('it was seen', () => {
    const endMs = performance.now() + 120
    while (performance.now() < endMs);
    const vitals = readVitals()!
    return vitals.blockedSeconds > 0.1 && vitals
  })
  expect(blockedSeconds).toBeLessThan(60)
  expect(residentBytes).toBeGreaterThan(10e6)
  expect(openFiles).toBeGreaterThan(3)
})
