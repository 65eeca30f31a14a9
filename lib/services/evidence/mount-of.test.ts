import { expect, test } from 'vitest'
import { deepest, mountOf } from './mount-of.ts'

const MOUNTINFO = String.raw`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 8:17 / /mnt rw shared:2 - ext4 /dev/sdb1 rw
31 30 0:40 / /mnt/my\040disk rw shared:3 master:1 - nfs4 nas:/vol/a\040b rw
32 30 8:33 / /mnt rw shared:4 - xfs /dev/sdc1 rw
`

test('a path lies on the deepest mount above it, on component borders, and the one mounted last', () => {
  expect(deepest(MOUNTINFO, '/etc/x')).toEqual({ point: '/', device: '/dev/sda1', type: 'ext4' })
  expect(deepest(MOUNTINFO, '/mntx')).toEqual({ point: '/', device: '/dev/sda1', type: 'ext4' })
  expect(deepest(MOUNTINFO, '/mnt/x')).toEqual({ point: '/mnt', device: '/dev/sdc1', type: 'xfs' })
  expect(deepest(MOUNTINFO, '/mnt/my disk/repository')).toEqual({ point: '/mnt/my disk', device: 'nas:/vol/a b', type: 'nfs4' })
  expect(deepest('', '/x')).toBeNull()
})

test('on this machine there is one', () => {
  expect(mountOf('/proc/self')?.type).toBe('proc')
})
