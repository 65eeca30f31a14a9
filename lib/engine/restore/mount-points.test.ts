import { expect, test } from 'vitest'
import { MountPoints } from './mount-points.ts'

const MOUNTINFO = [
  '22 27 0:21 / / rw,relatime - ext4 /dev/vda rw',
  '23 27 0:22 / /srv/orch/logs rw,relatime shared:2 - ext4 /dev/vdb rw',
  '24 27 0:22 /state.json /srv/orch/state.json rw,relatime - ext4 /dev/vdb rw',
  '25 27 0:23 / /mnt/with\\040space\\134 rw - tmpfs tmpfs rw',
  '',
].join('\n')

test('mount points are read with their escapes, bind-mounted files included', () => {
  const mounts = MountPoints.parse(MOUNTINFO)
  expect(mounts.has('/srv/orch/state.json')).toBe(true)
  expect(mounts.has('/mnt/with space\\')).toBe(true)
  expect(mounts.has('/srv/orch')).toBe(false)
})

test('a path belongs to the deepest mount above it', () => {
  const mounts = MountPoints.parse(MOUNTINFO)
  expect(mounts.of('/srv/orch/logs/a/b')).toBe('/srv/orch/logs')
  expect(mounts.of('/srv/orch/logs-old/a')).toBe('/')
  expect(mounts.of('/')).toBe('/')
})

test('a folder that holds a mount is found out', () => {
  const mounts = MountPoints.parse(MOUNTINFO)
  expect(mounts.within('/srv/orch')).toBe('/srv/orch/logs')
  expect(mounts.within('/srv/orch/logs')).toBeNull()
})

test('the mounts of this machine hold a root', () => {
  expect(MountPoints.read().of('/nowhere/at/all')).toMatch(/^\//)
})
