import { z } from 'zod'
import * as archive from '#lib/contracts/archive.ts'
import * as audit from '#lib/contracts/audit.ts'
import * as common from '#lib/contracts/common.ts'
import * as compare from '#lib/contracts/compare.ts'
import * as disk from '#lib/contracts/disk.ts'
import * as drill from '#lib/contracts/drill.ts'
import * as evidence from '#lib/contracts/evidence.ts'
import * as host from '#lib/contracts/host.ts'
import * as job from '#lib/contracts/job.ts'
import * as notify from '#lib/contracts/notify.ts'
import * as overview from '#lib/contracts/overview.ts'
import * as people from '#lib/contracts/people.ts'
import * as recover from '#lib/contracts/recover.ts'
import * as restore from '#lib/contracts/restore.ts'
import * as retention from '#lib/contracts/retention.ts'
import * as runtime from '#lib/contracts/runtime.ts'
import * as schedule from '#lib/contracts/schedule.ts'
import * as signIn from '#lib/contracts/sign-in.ts'
import * as trash from '#lib/contracts/trash.ts'
import * as workspace from '#lib/contracts/workspace.ts'

const MODULES = [
  ...[archive, audit, common, compare, disk, drill, evidence, host, job, notify, overview, people],
  ...[recover, restore, retention, runtime, schedule, signIn, trash, workspace],
]

export interface JsonSchema {
  $ref?: string
  $defs?: Record<string, JsonSchema>
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  additionalProperties?: boolean | JsonSchema
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  default?: unknown
  description?: string
}

/** Contracts of objects by their names in the document: `ArchiveDetailSchema` is `ArchiveDetail`. */
const NAMED = z.registry<{ id: string }>()
for (const [name, schema] of MODULES.flatMap((module) => Object.entries(module) as [string, unknown][])) {
  if (schema instanceof z.ZodObject && name.endsWith('Schema')) NAMED.add(schema, { id: name.slice(0, -'Schema'.length) })
}

const IN_DOCUMENT = '#/components/schemas/'

/** Schemas of the document as they are asked for, and the shared ones among them. */
export class SchemaBook {
  /** Of what is answered, by name. */
  readonly shared: Record<string, JsonSchema> = {}

  /** What is sent, in full. */
  input(schema: z.ZodType): JsonSchema {
    const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: plain })
    return rest as JsonSchema
  }

  /** What is answered; objects that have a name are shared. */
  output(schema: z.ZodType): JsonSchema {
    const made = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any', metadata: NAMED, override: plain })
    const { $schema: _dialect, $defs = {}, ...rest } = inDocument(made) as JsonSchema & { $schema: string }
    Object.assign(this.shared, $defs)
    return rest
  }
}

/** The name of the shared schema that is referred to, or null. */
export function nameOf({ $ref }: JsonSchema): string | null {
  return $ref?.startsWith(IN_DOCUMENT) ? $ref.slice(IN_DOCUMENT.length) : null
}

/** Limits that only say “a JSON number” and the long pattern of a date say nothing to a reader. */
function plain({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
}

/** A copy whose references lead into the document. */
function inDocument(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inDocument)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, key === '$ref' ? String(part).replace('#/$defs/', IN_DOCUMENT) : inDocument(part)]),
  )
}
