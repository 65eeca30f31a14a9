import { beforeAll, describe } from 'vitest'
import { type CephStore, cephStore, withoutCeph } from '#test/s3/ceph-store.ts'
import { openStorageTarget } from '../open-storage-target.ts'
import { storageContract } from '../storage.contract.ts'

describe.skipIf(withoutCeph)('a bucket of a real Ceph', () => {
  let ceph: CephStore
  beforeAll(async () => {
    ceph = await cephStore()
  }, 150_000)

  storageContract(
    'a plain bucket',
    async () => {
      const target = ceph.target('plain')
      return {
        storage: await openStorageTarget(target, ceph.secrets),
        elsewhere: await openStorageTarget(target, ceph.secrets),
        remove: () => {},
      }
    },
    { leavesUnfinished: false },
  )

  storageContract(
    'a bucket with versions and Object Lock',
    async () => {
      const target = ceph.target('locked')
      return {
        storage: await openStorageTarget(target, ceph.secrets),
        elsewhere: await openStorageTarget(target, ceph.secrets),
        remove: () => {},
      }
    },
    { leavesUnfinished: false, putIfAbsent: 'checked' },
  )
})
