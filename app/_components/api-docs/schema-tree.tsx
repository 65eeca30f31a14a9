import { type JsonSchema, nameOf } from '#lib/server/openapi/schemas.ts'

/** An object's properties, or what something else is. */
export function SchemaTree({ schema }: { schema: JsonSchema }) {
  const inner = objectIn(schema)
  const of = inner === schema ? '' : wordOf(schema)
  return (
    <div className="apis">
      {of === '' ? null : (
        <p className="q">
          <TypeWord schema={schema} />
        </p>
      )}
      {inner?.properties ? (
        <ul>
          {Object.entries(inner.properties).map(([name, property]) => (
            <Property key={name} name={name} schema={property} isRequired={inner.required?.includes(name) ?? false} />
          ))}
        </ul>
      ) : null}
      {inner === null && of === '' ? <TypeWord schema={schema} /> : null}
    </div>
  )
}

function Property({ name, schema, isRequired }: { name: string; schema: JsonSchema; isRequired: boolean }) {
  const inner = objectIn(schema)
  return (
    <li>
      <span className="mono b">{name}</span>
      {isRequired ? null : <span className="q">?</span>} <TypeWord schema={schema} />
      {inner?.properties ? <SchemaTree schema={inner} /> : null}
    </li>
  )
}

/** What a value is, in a word; shapes are links. */
export function TypeWord({ schema }: { schema: JsonSchema }) {
  const name = nameOf(schema) ?? nameOf(schema.items ?? {}) ?? (schema.anyOf ?? []).map(nameOf).find((one) => one !== null)
  const word = wordOf(schema)
  if (!name) return <span className="q mono">{word}</span>
  const [before = '', after = ''] = word.split(name)
  return (
    <span className="q mono">
      {before}
      <a className="link" href={`#shape-${name}`}>
        {name}
      </a>
      {after}
    </span>
  )
}

/** The object within arrays and alternatives whose properties are to be told; null = there is none. */
function objectIn(schema: JsonSchema): JsonSchema | null {
  if (schema.properties && Object.keys(schema.properties).length > 0) return schema
  if (schema.items) return objectIn(schema.items)
  const parts = (schema.anyOf ?? schema.oneOf ?? []).filter((part) => part.type !== 'null')
  return parts.length === 1 ? objectIn(parts[0]!) : null
}

function wordOf(schema: JsonSchema): string {
  const name = nameOf(schema)
  if (name) return name
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const parts = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (parts) return [...new Set(parts.map(wordOf))].join(' | ')
  if (schema.type === 'array') return `${wordOf(schema.items ?? {})}[]`
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object') return `{ name: ${wordOf(schema.additionalProperties)} }`
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'any')
  return `${type}${limitsOf(schema)}`
}

function limitsOf({ format, pattern, minimum, maximum, maxLength, default: preset }: JsonSchema): string {
  const range = minimum !== undefined || maximum !== undefined ? `${minimum ?? ''}…${maximum ?? ''}` : ''
  const kind = format ?? (pattern && pattern.length < 40 ? pattern : '')
  const parts = [
    kind,
    range,
    maxLength === undefined ? '' : `≤ ${maxLength} characters`,
    preset === undefined ? '' : `else ${JSON.stringify(preset)}`,
  ]
  const told = parts.filter((part) => part !== '')
  return told.length === 0 ? '' : ` (${told.join(', ')})`
}
