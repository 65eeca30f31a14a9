import { RIGHTS_OF, ROLES } from '#lib/contracts/rights.ts'
import type { Operation, Parameter } from '#lib/server/openapi/operations.ts'
import { CodeSample } from './code-sample.tsx'
import { SchemaTree, TypeWord } from './schema-tree.tsx'

/** One operation: who may, what it takes, what it answers, and how it is called. */
export function OperationPart({ operation }: { operation: Operation }) {
  const { name, method, path, summary, right, parameters, body, answer, failures } = operation
  return (
    <details id={name} className="apio">
      <summary>
        <span className={`apim ${method}`}>{method.toUpperCase()}</span>
        <span className="mono b brk">{path}</span>
        <span className="q">
          <Prose text={summary} />
        </span>
      </summary>
      <p className="q">{rightText(right)}</p>
      {parameters.length > 0 ? <Parameters parameters={parameters} /> : null}
      {body ? (
        <>
          <h3>Body</h3>
          <SchemaTree schema={body} />
        </>
      ) : null}
      <h3>
        Answer{' '}
        <span className="q">{answer.mediaType === 'application/json' ? answer.status : `${answer.status}, ${answer.mediaType}`}</span>
      </h3>
      <SchemaTree schema={answer.schema} />
      <p className="q">
        Failures: {failures.join(', ')}, as <TypeWord schema={{ $ref: '#/components/schemas/Error' }} />
      </p>
      <CodeSample label={`How ${name} is called`} text={curlOf(operation)} />
    </details>
  )
}

/** Text whose names stand in backticks. */
function Prose({ text }: { text: string }) {
  return text.split('`').map((part, i) =>
    i % 2 === 0 ? (
      part
    ) : (
      <code key={part} className="mono">
        {part}
      </code>
    ),
  )
}

function Parameters({ parameters }: { parameters: Parameter[] }) {
  return (
    <>
      <h3>Parameters</h3>
      <div className="apis">
        <ul>
          {parameters.map((one) => (
            <li key={one.name}>
              <span className="mono b">{one.name}</span>
              {one.required ? null : <span className="q">?</span>}{' '}
              <span className="q">in the {one.in === 'path' ? 'address' : one.in}, </span>
              <TypeWord schema={one.schema} />
              {one.description ? <p className="q">{one.description}</p> : null}
            </li>
          ))}
        </ul>
      </div>
    </>
  )
}

function rightText(right: Operation['right']): string {
  if (right === null) return 'For whoever holds the one-time token that is sent.'
  const roles = ROLES.filter((role) => RIGHTS_OF[role].includes(right))
  return `Takes the right “${right}”: ${roles.join(', ')}.`
}

function curlOf({ method, path, parameters, body, sample, right }: Operation): string {
  const address = path.replace(/\{(\w+)\}/g, (_, key: string) => String(sample[key]))
  const query = parameters
    .filter((one) => one.in === 'query' && one.required)
    .map((one) => `${one.name}=${encodeURIComponent(String(sample[one.name]))}`)
  const url = `"$ORCHIVE/api/v1${address}${query.length > 0 ? `?${query.join('&')}` : ''}"`
  const sent = Object.fromEntries(Object.entries(sample).filter(([key]) => body?.properties?.[key] !== undefined))
  const flags = [
    ...(right === null ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    ...(method === 'post' ? ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(sent).replaceAll("'", "'\\''")}'`] : []),
  ]
  return ['curl', ...flags, url].join(' \\\n  ')
}
