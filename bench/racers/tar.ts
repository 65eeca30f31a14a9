import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { measure } from '../measure.ts'
import { folderBytes, fresh, type Place, type Racer } from './racer.ts'

const COMPRESSORS = {
  zstd: { pack: 'zstd -q -3 -T0', unpack: 'zstd -dqc', ending: 'zst' },
  pigz: { pack: 'pigz', unpack: 'pigz -dc', ending: 'gz' },
} as const

/** Plain tar through a compressor over all cores: a whole copy each time. */
export function tar(compressor: keyof typeof COMPRESSORS): Racer {
  const { pack, unpack, ending } = COMPRESSORS[compressor]
  let number = 0
  const newest = ({ work }: Place) => `'${join(work, `a${number}.tar.${ending}`)}'`
  const run = (line: string) => measure([line], { shell: true })
  const backup = (place: Place) => {
    number++
    return run(`tar -cf - -C '${place.root}' . | ${pack} > ${newest(place)}`)
  }
  const extract = (place: Place, into: string, only = '') =>
    run(`${unpack} ${newest(place)} | tar -xf - -C '${fresh(join(place.work, into))}' ${only}`)
  return {
    name: `tar+${compressor}`,
    version: execFileSync('tar', ['--version'], { encoding: 'utf8' }).split('\n')[0]!.split(' ').at(-1)!,
    prepare(place) {
      fresh(place.work)
      number = 0
    },
    run: {
      first: backup,
      'day later': backup,
      list: (place) => run(`${unpack} ${newest(place)} | tar -tf - > /dev/null`),
      'restore one file': (place) => extract(place, 'one', `'./${place.oneFile}'`),
      'restore all': (place) => extract(place, 'all'),
    },
    storedBytes: ({ work }) => folderBytes(work),
  }
}
