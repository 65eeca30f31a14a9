import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BUDGET_BYTES, describeLoad, firstLoads } from '../bench/first-load.ts'

// `npm test` builds first; a run of this file alone may have nothing to look at.
test.skipIf(!existsSync('.next/BUILD_ID'))('no route loads more JavaScript than its budget before it works', () => {
  const loads = firstLoads()
  expect(loads.length).toBeGreaterThan(25)
  const over = loads.filter(({ bytes }) => bytes > BUDGET_BYTES)
  expect(over.map((load) => describeLoad(load)).join('\n')).toBe('')
})
