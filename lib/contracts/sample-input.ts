import { z } from 'zod'

interface JsonSchema {
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  minItems?: number
  minLength?: number
  minimum?: number
  pattern?: string
  format?: string
}

/** Texts that fit the patterns of our contracts: ids that nothing has. */
const TEXTS: [RegExp, string][] = [
  [/arc_/, `arc_${'0'.repeat(24)}`],
  [/ws_/, `ws_${'0'.repeat(16)}`],
  [/job_/, `job_${'0'.repeat(20)}`],
  [/chn_/, `chn_${'0'.repeat(16)}`],
  [/inv_/, `inv_${'0'.repeat(16)}`],
  [/tok_/, `tok_${'0'.repeat(16)}`],
  [/rep_/, `rep_${'0'.repeat(16)}`],
  [/key_/, `key_${'0'.repeat(16)}`],
  [/^\^\[0-9a-f\]\{16\}\$$/, '0'.repeat(16)],
  [/P-/, 'P-9999'],
  [/R-/, 'R-9999'],
  [/^\^\\?\//, '/nowhere'],
]
const FORMATS: Record<string, string> = {
  'date-time': '2026-01-01T00:00:00.000Z',
  date: '2026-01-01',
  email: 'nobody@example.test',
  uri: 'https://hooks.example.test/x',
}

/** The smallest input that a schema takes, as far as its JSON schema says; for the examples of the API's documentation, and for tests that go through every endpoint. */
export function sampleInput(schema: z.ZodType): Record<string, unknown> {
  return sample(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema) as Record<string, unknown>
}

function sample(schema: JsonSchema): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const [part] = schema.anyOf ?? schema.oneOf ?? []
  if (part) return sample(part)
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map(sample)) as unknown
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((name) => [name, sample(schema.properties?.[name] ?? {})]))
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items ?? {}))
    case 'boolean':
      return true
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, 1)
    case 'null':
      return null
    default:
      return textOf(schema)
  }
}

function textOf({ pattern, format, minLength = 1 }: JsonSchema): string {
  if (format && FORMATS[format]) return FORMATS[format]
  const known = pattern && TEXTS.find(([part]) => part.test(pattern))?.[1]
  return known || 'x'.repeat(Math.max(minLength, 1))
}
