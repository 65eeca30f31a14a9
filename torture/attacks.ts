import type { Attack } from './attack.ts'
import { fullDisks, readOnlyDisks } from './attacks/bad-disks.ts'
import { bitFlips, everyBit, homeBitFlips } from './attacks/bit-flips.ts'
import { consoleWeek } from './attacks/console-week.ts'
import { farStores } from './attacks/far-stores.ts'
import { fuzzImports } from './attacks/fuzz-imports.ts'
import { fuzzParsers } from './attacks/fuzz-parsers.ts'
import { hostileCopies } from './attacks/hostile-copies.ts'
import { hostileRepositories } from './attacks/hostile-repositories.ts'
import { kills } from './attacks/kills.ts'
import { powerCuts } from './attacks/power-cuts.ts'
import { simulatedDays } from './attacks/simulated-days.ts'
import { takeovers } from './attacks/takeovers.ts'

/** All attacks, the quickest to tell first. */
export const ATTACKS: readonly Attack[] = [
  fuzzParsers,
  fuzzImports,
  hostileRepositories,
  hostileCopies,
  bitFlips,
  homeBitFlips,
  everyBit,
  simulatedDays,
  consoleWeek,
  takeovers,
  farStores,
  kills,
  fullDisks,
  readOnlyDisks,
  powerCuts,
]
