/** Kinds of network addresses: which ones nothing is ever sent to, and which ones belong to this host and its own networks. */
import { type LookupAddress, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Addresses that nothing goes to, whatever is allowed: this network itself, link-local (cloud metadata), multicast, reserved. */
const NEVER = blockList([
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['fd00:ec2::', 32, 'ipv6'],
])
/** Addresses of this host and its own networks. */
const PRIVATE = blockList([
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  // IPv4 in other clothes: NAT64 and 6to4.
  ['64:ff9b::', 96, 'ipv6'],
  ['2002::', 16, 'ipv6'],
])

function blockList(nets: readonly [net: string, prefix: number, type: 'ipv4' | 'ipv6'][]): BlockList {
  const list = new BlockList()
  for (const [net, prefix, type] of nets) list.addSubnet(net, prefix, type)
  return list
}

const isIn = (list: BlockList, address: string) => {
  // An IPv4 address in IPv6 clothes (::ffff:127.0.0.1) is judged as what it is.
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  const plain = mapped ?? address
  return list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
}

/** True for addresses that nothing is ever sent to: link-local with the metadata of clouds, multicast, unspecified, reserved. */
export function isNeverReached(address: string): boolean {
  return isIn(NEVER, address)
}

/** True for loopback and private networks. */
export function isPrivateAddress(address: string): boolean {
  return isIn(PRIVATE, address)
}

/**
 * Looks a name up for a connection and refuses with the error that `problemOf` gives for one of its addresses; what was checked is what is connected
 * to, so that a name cannot point elsewhere a moment later. Every address of the name has to be fit.
 */
export function lookupChecked(problemOf: (host: string, address: string) => Error | null): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const found = addresses as LookupAddress[]
      if (error) return callback(error, '', 0)
      const problem = found.map(({ address }) => problemOf(host, address)).find((one) => one !== null)
      if (problem) return callback(problem, '', 0)
      if (options.all) callback(null, found)
      else callback(null, found[0]!.address, found[0]!.family)
    })
  }
}
