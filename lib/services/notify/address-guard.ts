import { type LookupAddress, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { AppError } from '#lib/base/errors.ts'

/** Addresses that no notification goes to, whatever is allowed: this network itself, link-local (cloud metadata), multicast, reserved. */
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
/** Addresses of this host and its own networks: only where the host allows the name. */
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

/** Why nothing may be sent to an address of `host`; null when it may. `allowed`: names that may lie in the host's own networks. */
export function addressProblem(host: string, address: string, allowed: readonly string[]): string | null {
  const what = host === address ? host : `${host}, which is ${address},`
  if (isIn(NEVER, address)) return `${what} is an address to which nothing is ever sent.`
  if (isIn(PRIVATE, address) && !allowed.includes(host.toLowerCase())) return `${what} is an address of this host or its own network.`
  return null
}

/**
 * Looks a name up for a connection and refuses addresses that may not be reached; what was checked is what is connected to, so that a name
 * cannot point elsewhere a moment later. Every address of the name has to be fit.
 */
export function guardedLookup(allowed: readonly string[]): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const found = addresses as LookupAddress[]
      if (error) return callback(error, '', 0)
      const problem = found.map(({ address }) => addressProblem(host, address, allowed)).find((text) => text !== null)
      if (problem) return callback(refused(problem), '', 0)
      if (options.all) callback(null, found)
      else callback(null, found[0]!.address, found[0]!.family)
    })
  }
}

/** The address to connect to for a name, checked; throws `not_permitted` or the error of the look-up. A literal address is no name, and no look-up would see it. */
export function checkedAddress(host: string, allowed: readonly string[]): Promise<string> {
  const literal = host.replace(/^\[|\]$/g, '')
  if (isIP(literal) !== 0) {
    const problem = addressProblem(literal, literal, allowed)
    return problem ? Promise.reject(refused(problem)) : Promise.resolve(literal)
  }
  return new Promise((resolve, reject) => {
    guardedLookup(allowed)(host, {}, (error, address) => (error ? reject(error) : resolve(address as string)))
  })
}

function refused(problem: string): AppError {
  return new AppError('not_permitted', {
    message: problem,
    hint: 'If that is meant, name the host in ORCHIVE_NOTIFY_ALLOW where the console is started; link-local addresses are never reached.',
  })
}
