import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { apiBook, openApiDocument } from './document.ts'

const places = apiBook().operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`)

test('the document tells of every endpoint and of every route beside the table, and of none that is not', async () => {
  const routes = Object.values(ENDPOINTS).map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  for await (const file of glob('app/api/v1/**/route.ts')) {
    const path = file.slice('app/api/v1'.length, -'/route.ts'.length).replace(/\[(\w+)\]/g, '{$1}')
    for (const [, method] of readFileSync(file, 'utf8').matchAll(/^export (?:const|async function) (GET|POST|PUT|PATCH|DELETE)\b/gm)) {
      routes.push(`${method} ${path}`)
    }
  }
  expect(places.toSorted()).toEqual(routes.toSorted())
})

test('every reference leads to something', () => {
  const document = openApiDocument() as { components: Record<string, Record<string, unknown>> }
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)]
  expect(references.length).toBeGreaterThan(200)
  expect(references.filter(([, kind, name]) => document.components[kind!]![name!] === undefined)).toEqual([])
  expect(JSON.stringify(document)).not.toContain('$defs')
})

test('a path parameter is not asked for again in the body', () => {
  for (const { path, body, parameters } of apiBook().operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
    expect(
      parameters
        .filter((one) => one.in === 'path')
        .map((one) => one.name)
        .toSorted(),
      path,
    ).toEqual(inPath.toSorted())
    expect(
      Object.keys(body?.properties ?? {}).filter((name) => inPath.includes(name)),
      path,
    ).toEqual([])
  }
})

test('docs/http-endpoints.md lists them all', async () => {
  const lines = apiBook().operations.map(({ group, method, path, right, summary }) => {
    return {
      group,
      line: `| \`${method.toUpperCase()} ${path}\` | ${right === null ? 'nobody has to be signed in' : `\`${right}\``} | ${summary} |`,
    }
  })
  const groups = [...new Set(lines.map(({ group }) => group))].toSorted()
  const text = groups.map((name) => {
    const rows = lines.filter(({ group }) => group === name).map(({ line }) => line)
    return [`## ${name}`, '', '| Endpoint | Right | What it does |', '|---|---|---|', ...rows, ''].join('\n')
  })
  const head =
    '# All endpoints of the HTTP API\n\nMade from the definitions that the routes parse with; [http-api.md](http-api.md) says how they are used.\n\n'
  await expect(head + text.join('\n')).toMatchFileSnapshot('../../../docs/http-endpoints.md')
})
