import type { Attack, Siege } from '../attack.ts'
import { Random } from '../attack.ts'
import { type Blow, Home } from '../home.ts'

/** A home is used for so many rounds, then looked through to the bottom and replaced: safety archives stay for as long as their undo. */
const ROUNDS_A_HOME = 40

const kill: Blow = {
  done: 'killed',
  alsoAfterwards: false,
  fall: async (child, exit) => {
    // Its workers are threads, its children are in its group.
    process.kill(-child.pid!, 'SIGKILL')
    await exit
  },
}

export const kills: Attack = {
  name: 'kills',
  about: 'kill -9 at any moment of a verb: no archive is lost, the workspace is the old one or the new one, and the next verb works',
  share: 6,
  open: async () => siegeOf(() => Home.make({ blow: kill, isQuick: true })),
}

/** Rounds in one home after the other. */
export function siegeOf(make: () => Promise<Home>): Siege {
  let home: Home | null = null
  const siege: Siege = {
    async round(seed) {
      home ??= await make()
      const tally = await home.strike(new Random(seed))
      if (home.rounds === ROUNDS_A_HOME) await siege.close()
      return tally
    },
    async close() {
      await home?.lookThrough()
      home?.remove()
      home = null
    },
  }
  return siege
}
