import { ADDRESSES, type EndpointName } from '#lib/contracts/addresses.ts'

/** Where the API begins. */
const ROOT = '/api/v1'
/** Streams that stand where an endpoint has a parameter: a word goes before a parameter, and this one is no job. */
const STREAMS = ['get /jobs/events']

/** An endpoint that somebody asks for. */
export interface FoundEndpoint {
  name: EndpointName
  /** Whether it changes nothing. */
  isRead: boolean
  /** What stands in the address where the endpoint's path has braces. */
  params: Record<string, string>
}

interface Branch {
  words: Map<string, Branch>
  /** What follows where the path has a parameter. */
  any: { name: string; branch: Branch } | null
  /** By method. */
  ends: Map<string, EndpointName | null>
}

const newBranch = (): Branch => ({ words: new Map(), any: null, ends: new Map() })

const tree = newBranch()
for (const [name, address] of Object.entries(ADDRESSES) as [EndpointName, string][]) grow(address, name)
for (const address of STREAMS) grow(address, null)

function grow(address: string, name: EndpointName | null): void {
  const [method, path] = address.split(' ') as [string, string]
  let branch = tree
  for (const part of path.slice(1).split('/')) branch = branchFor(branch, part)
  branch.ends.set(method, name)
}

function branchFor(branch: Branch, part: string): Branch {
  if (!part.startsWith('{')) {
    const known = branch.words.get(part) ?? newBranch()
    branch.words.set(part, known)
    return known
  }
  branch.any ??= { name: part.slice(1, -1), branch: newBranch() }
  if (branch.any.name !== part.slice(1, -1)) throw new Error(`${part} is {${branch.any.name}} in another path.`)
  return branch.any.branch
}

/** The endpoint of a request by its method and the path of its address; null for none, also for pages, streams and files. */
export function findEndpoint(method: string, pathname: string): FoundEndpoint | null {
  if (!pathname.startsWith(`${ROOT}/`)) return null
  const params: Record<string, string> = {}
  let branch = tree
  for (const part of pathname.slice(ROOT.length + 1).split('/')) {
    const word = branch.words.get(part)
    if (!word && !branch.any) return null
    // A parameter that is no valid text is none that an endpoint's input takes.
    if (!word) params[branch.any!.name] = decodePart(part)
    branch = word ?? branch.any!.branch
  }
  const asked = method === 'HEAD' ? 'get' : method.toLowerCase()
  const name = branch.ends.get(asked)
  return name ? { name, isRead: asked === 'get', params } : null
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
