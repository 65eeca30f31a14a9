import { ADDRESSES, type EndpointName } from '#lib/contracts/addresses.ts'
import { PathTree } from '../path-tree.ts'

/** Where the API begins. */
const ROOT = '/api/v1'
/** Streams that stand where an endpoint has a parameter: this one is no job. */
const STREAMS = ['get /jobs/events']

/** An endpoint that somebody asks for. */
export interface FoundEndpoint {
  name: EndpointName
  /** Whether it changes nothing. */
  isRead: boolean
  /** What stands in the address where the endpoint's path has braces. */
  params: Record<string, string>
}

const tree = new PathTree<EndpointName | null>()
for (const [name, address] of Object.entries(ADDRESSES) as [EndpointName, string][]) tree.add(address, name)
for (const address of STREAMS) tree.add(address, null)

/** The endpoint of a request by its method and the path of its address; null for none, also for pages, streams and files. */
export function findEndpoint(method: string, pathname: string): FoundEndpoint | null {
  if (!pathname.startsWith(`${ROOT}/`)) return null
  const asked = method === 'HEAD' ? 'get' : method.toLowerCase()
  const found = tree.find(asked, pathname.slice(ROOT.length))
  return found?.value ? { name: found.value, isRead: asked === 'get', params: found.params } : null
}
