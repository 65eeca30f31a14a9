import { ErrorBodySchema } from '#lib/contracts/common.ts'
import { HTTP_STATUS } from '../http-status.ts'
import { GROUPS } from './groups.ts'
import { type Operation, operationsOf } from './operations.ts'
import { type JsonSchema, SchemaBook } from './schemas.ts'

/** What each HTTP status of a failure means, in a word. */
const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'The request makes no sense',
  401: 'Nobody is signed in',
  403: 'Not allowed to this person or token',
  404: 'There is no such object',
  409: 'The object is not in a state for this',
  422: 'Understood, and cannot be done',
  423: 'Something else is at work there',
  429: 'Too many attempts',
  500: 'It failed; the message says of what',
  503: 'The catalog cannot be read',
}

/** The error codes of a status, by name. */
export const codesOf = (status: number): string[] => Object.entries(HTTP_STATUS).flatMap(([code, one]) => (one === status ? [code] : []))

const failure = (status: number) => ({
  description: `${STATUS_WORDS[status]}: ${codesOf(status)
    .map((code) => `\`${code}\``)
    .join(', ')}.`,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
})

function operationObject({ name, group, summary, right, parameters, body, answer, failures }: Operation) {
  return {
    operationId: name,
    tags: [group],
    summary,
    ...(right === null ? { security: [] } : { 'x-right': right }),
    parameters,
    ...(body ? { requestBody: { required: (body.required ?? []).length > 0, content: { 'application/json': { schema: body } } } } : {}),
    responses: {
      [answer.status]: { description: 'Done', content: { [answer.mediaType]: { schema: answer.schema } } },
      ...Object.fromEntries(failures.map((status) => [status, { $ref: `#/components/responses/${status}` }])),
      default: { description: 'Any other failure', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    },
  }
}

/** The API as it is told: by OpenAPI, and by the console's page. */
export interface ApiBook {
  operations: Operation[]
  shared: Record<string, JsonSchema>
}

let book: ApiBook | null = null

/** Made once: it is the same for everybody. */
export function apiBook(): ApiBook {
  if (book) return book
  const schemas = new SchemaBook()
  const operations = operationsOf(schemas)
  schemas.shared.Error = schemas.input(ErrorBodySchema)
  book = { operations, shared: Object.fromEntries(Object.entries(schemas.shared).sort(([a], [b]) => (a < b ? -1 : 1))) }
  return book
}

/** The API as an OpenAPI 3.1 document, made from the same definitions that the routes parse with. */
export function openApiDocument(): Record<string, unknown> {
  const { operations, shared } = apiBook()
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations) paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation) }
  return {
    openapi: '3.1.0',
    info: { title: 'Orchive', version: '1', description: 'Requests carry the session cookie, or a token as a bearer.' },
    servers: [{ url: '/api/v1' }],
    tags: GROUPS.map(({ name, about }) => ({ name, description: about })),
    paths,
    security: [{ session: [] }, { token: [] }],
    components: {
      schemas: shared,
      responses: Object.fromEntries(Object.keys(STATUS_WORDS).map((status) => [status, failure(Number(status))])),
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'orchive.session_token' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}

let text: string | null = null

/** The same as it is sent: a quarter of a megabyte of definitions is not written out for each who asks. */
export const openApiText = (): string => (text ??= JSON.stringify(openApiDocument()))
