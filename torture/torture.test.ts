/** A short slice of the torture that comes out the same every time; `npm run torture` goes on from here. */
import { expect, test } from 'vitest'
import { bitFlips } from './attacks/bit-flips.ts'
import { fuzzImports } from './attacks/fuzz-imports.ts'
import { fuzzParsers } from './attacks/fuzz-parsers.ts'
import { hostileRepositories } from './attacks/hostile-repositories.ts'
import { torture } from './torture.ts'

test('thousands of changed inputs are read or refused, and flipped bits are found', async () => {
  const printed: string[] = []
  const isHeld = await torture({ attacks: [fuzzParsers, bitFlips], seed: 1, minutes: 1, rounds: 3, print: (line) => printed.push(line) })
  expect(isHeld, printed.join('\n')).toBe(true)
  expect(printed.join('\n')).toMatch(/held: 3 rounds[\s\S]*60 flipped bits/)
})

test('hostile tar files are imported and restored, or refused, and write nothing outside', async () => {
  const printed: string[] = []
  const isHeld = await torture({ attacks: [fuzzImports], seed: 1, minutes: 1, rounds: 1, print: (line) => printed.push(line) })
  expect(isHeld, printed.join('\n')).toBe(true)
  expect(printed.join('\n')).toContain('60 inputs')
})

test('repositories made to do harm are read or refused, and write nothing outside', async () => {
  const printed: string[] = []
  const isHeld = await torture({ attacks: [hostileRepositories], seed: 1, minutes: 1, rounds: 1, print: (line) => printed.push(line) })
  expect(isHeld, printed.join('\n')).toBe(true)
  expect(printed.join('\n')).toContain('10 repositories')
})

test('what does not hold is told with the seed that shows it again, and ends the run as failed', async () => {
  const printed: string[] = []
  const lost = {
    name: 'losing',
    about: 'always loses',
    share: 1,
    open: async () => ({
      round: async (seed: number) => {
        if (seed === 43) throw new Error('an archive is gone')
        return { tries: 1 }
      },
      close: async () => undefined,
    }),
  }
  const impossible = { ...lost, name: 'not here', impossibleBecause: () => 'only root may' }
  expect(await torture({ attacks: [lost, impossible], seed: 42, minutes: 1, rounds: 5, print: (line) => printed.push(line) })).toBe(false)
  expect(printed.join('\n')).toContain('--only losing --seed 43 --rounds 1')
  expect(printed.join('\n')).toContain('an archive is gone')
  expect(printed.join('\n')).toContain('left out: only root may')
})
