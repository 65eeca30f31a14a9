'use client'
import dynamic from 'next/dynamic'
import { plural } from '#lib/base/plural.ts'
import type { FieldChange, RecordChange } from '#lib/contracts/compare.ts'
import { Reading } from '../parts.tsx'

const MergeText = dynamic(() => import('./merge-text.tsx'), { ssr: false, loading: () => <Reading rows={4} /> })

/** What the two sides are called. */
export interface SideWords {
  before: string
  after: string
  /** What is said of a record that only one of them has. */
  added: string
  lost: string
}
export const A_AND_B: SideWords = { before: 'A', after: 'B', added: 'added, only in B', lost: 'lost, only in A' }

/** One record: the fields that changed, and its text below. */
export function RecordInspector({ kind, record, words }: { kind: 'changed' | 'added' | 'lost'; record: RecordChange; words: SideWords }) {
  return (
    <aside className="in" aria-label="Record">
      <header className="t1">
        <h3 className="mono ell" title={record.id}>
          {record.id}
        </h3>
        <span className="q nw">{kind === 'changed' ? `${plural(record.fields.length, 'field')} changed` : words[kind]}</span>
      </header>
      {record.fields.length > 0 ? (
        <div className="fd">
          <FieldTable fields={record.fields} words={words} />
        </div>
      ) : null}
      <MergeText before={textOf(record.before)} after={textOf(record.after)} isJson label={`Text of ${record.id}`} />
    </aside>
  )
}

const textOf = (value: unknown) => (value === null || value === undefined ? '' : `${JSON.stringify(value, null, 2)}\n`)

/** Fields with what they said and what they say. */
export function FieldTable({ fields, words }: { fields: readonly FieldChange[]; words: SideWords }) {
  return (
    <table className="fdt">
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">{words.before}</th>
          <th scope="col">{words.after}</th>
        </tr>
      </thead>
      <tbody>
        {fields.map(({ path, before, after }) => (
          <tr key={path}>
            <th scope="row" className="mono">
              {path === '' ? 'the whole' : path}
            </th>
            <td>{before === undefined ? <span className="q">-</span> : <del>{short(before)}</del>}</td>
            <td>{after === undefined ? <span className="q">-</span> : <ins>{short(after)}</ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const VALUE_CHARACTERS = 400

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length <= VALUE_CHARACTERS ? text : `${text.slice(0, VALUE_CHARACTERS)}…`
}
