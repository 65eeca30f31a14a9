import type { Attack } from '../attack.ts'
import { noPowerDiskBecause, PowerDisk } from '../power-disk.ts'
import { type Blow, strike } from '../strike.ts'
import { siegeOf } from './kills.ts'

export const powerCuts: Attack = {
  name: 'power-cuts',
  about: 'the power of a real ext4 is cut at any moment of a verb and after it: what was said to be done is there, all else as with kills',
  share: 4,
  impossibleBecause: noPowerDiskBecause,
  async open(folder) {
    const disk = new PowerDisk(folder)
    process.env['TMPDIR'] = disk.path
    const cut: Blow = {
      done: 'cut',
      alsoAfterwards: true,
      before: () => disk.sync(),
      fall: async (child, exit) => {
        disk.cut()
        if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL')
        await exit
        disk.restart()
      },
    }
    const siege = siegeOf({ isQuick: false }, (home, random) => strike(home, cut, random))
    return {
      round: siege.round,
      async close() {
        await siege.close()
        disk.remove()
      },
    }
  },
}
