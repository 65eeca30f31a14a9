import { type Attack, Random, type Siege, type Tally } from '../attack.ts'
import { Home } from '../home.ts'
import { type Blow, strike } from '../strike.ts'

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
  open: async () => siegeOf({ isQuick: true }, (home, random) => strike(home, kill, random)),
}

/** Rounds in one home after the other. */
export function siegeOf({ isQuick }: { isQuick: boolean }, roundIn: (home: Home, random: Random) => Promise<Tally>): Siege {
  let home: Home | null = null
  let rounds = 0
  const siege: Siege = {
    async round(seed) {
      home ??= await Home.make({ isQuick })
      const tally = await roundIn(home, new Random(seed))
      if (++rounds % ROUNDS_A_HOME === 0) await siege.close()
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
