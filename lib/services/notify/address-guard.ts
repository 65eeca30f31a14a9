import { isIP, type LookupFunction } from 'node:net'
import { AppError } from '#lib/base/errors.ts'
import { isNeverReached, isPrivateAddress, lookupChecked } from '#lib/engine/storage/address-class.ts'

/** Why nothing may be sent to an address of `host`; null when it may. `allowed`: names that may lie in the host's own networks. */
export function addressProblem(host: string, address: string, allowed: readonly string[]): string | null {
  const what = host === address ? host : `${host}, which is ${address},`
  if (isNeverReached(address)) return `${what} is an address to which nothing is ever sent.`
  if (isPrivateAddress(address) && !allowed.includes(host.toLowerCase())) return `${what} is an address of this host or its own network.`
  return null
}

/** A look-up for connections that refuses addresses that may not be reached. */
export function guardedLookup(allowed: readonly string[]): LookupFunction {
  return lookupChecked((host, address) => {
    const problem = addressProblem(host, address, allowed)
    return problem === null ? null : refused(problem)
  })
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
