import { expect, test } from 'vitest'
import { addressProblem } from './address-guard.ts'

/** address · where it may be reached: by everybody, when the host allows it, never */
const ADDRESSES: [address: string, reach: 'open' | 'allowed' | 'never'][] = [
  ['93.184.216.34', 'open'],
  ['2606:2800:220:1::1', 'open'],
  ['172.15.255.255', 'open'],
  ['127.0.0.1', 'allowed'],
  ['127.8.8.8', 'allowed'],
  ['10.1.2.3', 'allowed'],
  ['172.16.0.1', 'allowed'],
  ['192.168.1.1', 'allowed'],
  ['100.64.0.1', 'allowed'],
  ['::1', 'allowed'],
  ['fd12::1', 'allowed'],
  ['::ffff:10.0.0.1', 'allowed'],
  ['::ffff:7f00:1', 'allowed'],
  ['64:ff9b::a9fe:a9fe', 'allowed'],
  ['169.254.169.254', 'never'],
  ['::ffff:169.254.169.254', 'never'],
  ['::ffff:a9fe:a9fe', 'never'],
  ['fe80::1', 'never'],
  ['fd00:ec2::254', 'never'],
  ['0.0.0.0', 'never'],
  ['::', 'never'],
  ['224.0.0.1', 'never'],
  ['255.255.255.255', 'never'],
]

test.each(ADDRESSES)('%s: %s', (address, reach) => {
  const [strict, allowed] = [addressProblem('a.example', address, []), addressProblem('A.example', address, ['a.example'])]
  expect([strict === null, allowed === null]).toEqual([reach === 'open', reach !== 'never'])
})
