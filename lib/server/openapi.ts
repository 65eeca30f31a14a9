import 'server-only'
import { z } from 'zod'
import { ErrorBodySchema } from '#lib/contracts/common.ts'
import { ENDPOINTS, type Endpoint } from '#lib/contracts/endpoints.ts'

type JsonSchema = Record<string, unknown> & { properties?: Record<string, Record<string, unknown>>; required?: string[] }

const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema
  return rest as JsonSchema
}

function parametersOf(endpoint: Endpoint) {
  const input = schemaOf(endpoint.input, 'input')
  const inPath = [...endpoint.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
  return Object.entries(input.properties ?? {})
    .filter(([name]) => endpoint.method === 'get' || inPath.includes(name))
    .map(([name, schema]) => ({
      name,
      in: inPath.includes(name) ? 'path' : 'query',
      required: inPath.includes(name) || (input.required ?? []).includes(name),
      schema,
    }))
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Sent again within a day with the same request, it gives the first answer without doing it twice.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
}

function operationOf(name: string, endpoint: Endpoint) {
  return {
    operationId: name,
    summary: endpoint.summary,
    'x-right': endpoint.right,
    parameters: [...parametersOf(endpoint), ...(endpoint.method === 'post' ? [IDEMPOTENCY_KEY] : [])],
    ...(endpoint.method === 'post'
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(endpoint.input, 'input') } } } }
      : {}),
    responses: {
      200: { description: 'Done', content: { 'application/json': { schema: schemaOf(endpoint.output, 'output') } } },
      default: { description: 'Any failure', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    },
  }
}

const EVENTS = {
  operationId: 'jobEvents',
  summary: 'Jobs as server-sent events: the full state on connect, then a message for each revision',
  'x-right': 'list',
  parameters: [],
  responses: { 200: { description: 'A stream of JobFeed documents', content: { 'text/event-stream': { schema: { type: 'string' } } } } },
}

const DOWNLOAD = {
  operationId: 'download',
  summary: 'A file as it is; a folder or the whole archive as tar',
  'x-right': 'view-content',
  parameters: [
    { name: 'archive', in: 'path', required: true, schema: { type: 'string' } },
    { name: 'path', in: 'query', required: false, schema: { type: 'string' } },
    { name: 'format', in: 'query', required: false, schema: { type: 'string', enum: ['tar.gz', 'tar.zst', 'tar'] } },
  ],
  responses: {
    200: { description: 'The bytes', content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } },
  },
}

/** The API as an OpenAPI 3.1 document, made from the same definitions that the routes parse with. */
export function openApiDocument(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {
    '/jobs/events': { get: EVENTS },
    '/archives/{archive}/download': { get: DOWNLOAD },
  }
  for (const [name, endpoint] of Object.entries(ENDPOINTS) as [string, Endpoint][]) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operationOf(name, endpoint) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Orchive', version: '1', description: 'Requests carry the session cookie, or a token as a bearer.' },
    servers: [{ url: '/api/v1' }],
    paths,
    security: [{ session: [] }, { token: [] }],
    components: {
      schemas: { Error: schemaOf(ErrorBodySchema, 'output') },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'orchive.session_token' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}
