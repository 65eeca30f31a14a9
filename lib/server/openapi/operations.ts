import { ENDPOINTS, type Endpoint } from '#lib/contracts/endpoints.ts'
import { OTHER_ENDPOINTS, type OtherEndpoint } from '#lib/contracts/other-endpoints.ts'
import type { Right } from '#lib/contracts/rights.ts'
import { sampleInput } from '#lib/contracts/sample-input.ts'
import { groupOf } from './groups.ts'
import type { JsonSchema, SchemaBook } from './schemas.ts'

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  description?: string
  schema: JsonSchema
}

/** One thing the API does, as the document and its page tell it. */
export interface Operation {
  name: string
  group: string
  method: 'get' | 'post'
  /** Below `/api/v1`. */
  path: string
  summary: string
  /** Null: nobody has to be signed in. */
  right: Right | null
  parameters: Parameter[]
  /** Of the JSON body; null = none. */
  body: JsonSchema | null
  answer: { status: number; mediaType: string; schema: JsonSchema }
  /** HTTP statuses of its failures. */
  failures: number[]
  /** The smallest input that it takes: path parameters, query and body in one object. */
  sample: Record<string, unknown>
}

export const IDEMPOTENCY_KEY: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Sent again within a day with the same request, it gives the first answer without doing it twice.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
}

const BINARY: JsonSchema = { type: 'string', format: 'binary' }

/** Every operation of the API; shared schemas are left in `book`. */
export function operationsOf(book: SchemaBook): Operation[] {
  const usual = (Object.entries(ENDPOINTS) as [string, Endpoint][]).map(([name, endpoint]): Operation => {
    const answer = { status: 200, mediaType: 'application/json', schema: book.output(endpoint.output) }
    const { parameters, ...rest } = partsOf(name, endpoint, book)
    return { ...rest, parameters: endpoint.method === 'post' ? [...parameters, IDEMPOTENCY_KEY] : parameters, answer }
  })
  const others = (Object.entries(OTHER_ENDPOINTS) as [string, OtherEndpoint][]).map(([name, endpoint]): Operation => {
    const { status, mediaType, output } = endpoint
    return { ...partsOf(name, endpoint, book), answer: { status, mediaType, schema: output ? book.output(output) : BINARY } }
  })
  return [...usual, ...others]
}

function partsOf(name: string, endpoint: Endpoint | OtherEndpoint, book: SchemaBook): Omit<Operation, 'answer'> {
  const { method, path, summary, right, input } = endpoint
  const { properties = {}, required = [], ...shape } = book.input(input)
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
  const isBody = (key: string) => method === 'post' && !inPath.includes(key)
  const parameters = Object.entries(properties)
    .filter(([key]) => !isBody(key))
    .map(([key, schema]): Parameter => {
      const isPath = inPath.includes(key)
      return { name: key, in: isPath ? 'path' : 'query', required: isPath || required.includes(key), schema }
    })
  const inBody = Object.entries(properties).filter(([key]) => isBody(key))
  const isFree = shape.anyOf !== undefined || shape.oneOf !== undefined || shape.allOf !== undefined
  const body =
    inBody.length === 0 && !isFree ? null : { ...shape, properties: Object.fromEntries(inBody), required: required.filter(isBody) }
  return {
    name,
    group: groupOf(path).name,
    method,
    path,
    summary,
    right,
    parameters,
    body,
    failures: failuresOf(method, inPath.length > 0, right !== null),
    sample: sampleInput(input),
  }
}

function failuresOf(method: 'get' | 'post', isAboutOne: boolean, isSignedIn: boolean): number[] {
  const statuses = [
    400,
    ...(isSignedIn ? [401, 403] : [403]),
    ...(isAboutOne ? [404] : []),
    ...(method === 'post' ? [409, 422, 423] : []),
    429,
    500,
    503,
  ]
  return statuses
}
