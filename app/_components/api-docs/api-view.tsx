import { IconDownload } from '@tabler/icons-react'
import type { ApiBook } from '#lib/server/openapi/document.ts'
import { ICON } from '../icon-look.ts'
import { SectionHead } from '../parts.tsx'
import { SettingsTabs } from '../settings/settings-tabs.tsx'
import { ApiIndex } from './api-index.tsx'
import { CodeSample } from './code-sample.tsx'
import { OperationPart } from './operation-part.tsx'
import { SchemaTree } from './schema-tree.tsx'
import '../settings/settings.css'
import './api-docs.css'

interface Props {
  book: ApiBook
  groups: { name: string; about: string }[]
}

const TOKEN_SAMPLE = `export ORCHIVE=https://orchive.example.org
export TOKEN=orchive_…            # Account → Tokens
curl -H "Authorization: Bearer $TOKEN" $ORCHIVE/api/v1/workspaces`

const CLIENT_SAMPLE = `import { createClient } from 'orchive/client'

const orchive = createClient({ address: 'https://orchive.example.org', token: process.env.TOKEN })
const { rows } = await orchive('listArchives', { workspace: 'ws_…', limit: 10 })   // typed by the endpoint`

/** Everything the API does, by chapters, with an index to filter. Nothing of it is written by hand. */
export function ApiView({ book: { operations, shared }, groups }: Props) {
  const chapters = groups.map((group) => ({ ...group, operations: operations.filter((one) => one.group === group.name) }))
  return (
    <div className="page rsp">
      <div className="phead">
        <h1>API</h1>
        <span className="sp" />
        <a className="btn" href="/api/v1/openapi.json" download="orchive-openapi.json">
          <IconDownload {...ICON} /> OpenAPI 3.1
        </a>
      </div>
      <SettingsTabs />
      <div className="apid">
        <ApiIndex
          chapters={chapters.map(({ name, operations: own }) => ({
            name,
            operations: own.map(({ name: id, method, path, summary }) => ({ name: id, method, path, summary })),
          }))}
        />
        <div className="apib">
          <section aria-labelledby="api-start">
            <SectionHead id="api-start" title="Start" />
            <p>
              Whatever the pages can do, a program can: all of it is below <code className="mono">/api/v1</code>, as JSON. It sends a token
              that its owner made on the{' '}
              <a className="link" href="/settings/account">
                account page
              </a>
              , and may at most what its owner may.
            </p>
            <CodeSample label="A first request" text={TOKEN_SAMPLE} />
            <CodeSample label="The typed client" text={CLIENT_SAMPLE} />
            <ul className="apir">
              <li>
                A list is paged: <code className="mono">limit</code>, and as <code className="mono">cursor</code> the{' '}
                <code className="mono">nextCursor</code> of the page before, <code className="mono">null</code> at the end.
              </li>
              <li>
                A mutation takes an <code className="mono">Idempotency-Key</code>: sent again, it is not done twice.
              </li>
              <li>
                What takes long answers with a <code className="mono">jobId</code>, to be followed at{' '}
                <code className="mono">/jobs/{'{job}'}</code> or in the event stream.
              </li>
              <li>
                Failures have one shape: a <code className="mono">code</code> that stays, a <code className="mono">message</code> that names
                the object, and a <code className="mono">hint</code> that says what to do.
              </li>
            </ul>
          </section>
          {chapters.map(({ name, about, operations: own }) => (
            <section key={name} aria-labelledby={chapterId(name)}>
              <SectionHead id={chapterId(name)} title={name} />
              <p className="q">{about}</p>
              {own.map((operation) => (
                <OperationPart key={operation.name} operation={operation} />
              ))}
            </section>
          ))}
          <section aria-labelledby="api-shapes">
            <SectionHead id="api-shapes" title="Shapes" aside="Objects that several answers share" />
            {Object.entries(shared).map(([name, schema]) => (
              <details key={name} id={`shape-${name}`} className="apio">
                <summary>
                  <b className="mono">{name}</b>
                </summary>
                <SchemaTree schema={schema} />
              </details>
            ))}
          </section>
        </div>
      </div>
    </div>
  )
}

const chapterId = (name: string) => `api-${name.toLowerCase().replaceAll(' ', '-')}`
