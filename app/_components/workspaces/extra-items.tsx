'use client'
import { useState } from 'react'
import type { Importance } from '#lib/contracts/common.ts'
import type { ExtraItem, WorkspaceDetail } from '#lib/contracts/workspace.ts'

const IMPORTANCES: readonly Importance[] = ['critical', 'high', 'medium']

interface Props {
  extraItems: readonly ExtraItem[]
  /** What the config means with what is chosen now; null until it was read. */
  detail: Pick<WorkspaceDetail, 'items' | 'offers'> | null
  disabled?: boolean
  onChange: (extraItems: ExtraItem[]) => void
}

interface Line {
  key: string
  path: string | null
  isMissing: boolean
}

/** Other keys of the config that may become items, each with its importance. */
export function ExtraItems({ extraItems, detail, disabled = false, onChange }: Props) {
  const [typed, setTyped] = useState('')
  const lines = linesOf(extraItems, detail)
  const add = () => {
    const key = typed.trim()
    if (key !== '' && !extraItems.some((item) => item.key === key)) onChange([...extraItems, { key, importance: 'medium' }])
    setTyped('')
  }
  return (
    <fieldset className="fs" disabled={disabled}>
      <legend>Extra items</legend>
      <p className="q">Other keys of the config that name a file or a folder. Chosen ones are backed up, too.</p>
      {lines.map(({ key, path, isMissing }) => {
        const chosen = extraItems.find((item) => item.key === key)
        const toggle = () =>
          onChange(chosen ? extraItems.filter((item) => item !== chosen) : [...extraItems, { key, importance: 'medium' }])
        return (
          <div key={key} className="fx wrap">
            <label className="ck">
              <input type="checkbox" checked={chosen !== undefined} onChange={toggle} />
              <span className="mono b">{key}</span>
              {path === null ? null : <span className="mono q brk">{path}</span>}
              {isMissing ? <span className="warn">not there now</span> : null}
            </label>
            {chosen ? (
              <select
                className="inp sm"
                aria-label={`Importance of ${key}`}
                value={chosen.importance}
                onChange={(event) =>
                  onChange(extraItems.map((item) => (item === chosen ? { key, importance: event.target.value as Importance } : item)))
                }
              >
                {IMPORTANCES.map((importance) => (
                  <option key={importance}>{importance}</option>
                ))}
              </select>
            ) : null}
          </div>
        )
      })}
      <div className="fx wrap">
        <input
          className="inp sm mono grow"
          aria-label="Another config key"
          placeholder="another key, such as reports.dir"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            add()
          }}
        />
        <button type="button" className="btn sm" disabled={disabled || typed.trim() === ''} onClick={add}>
          Add this key
        </button>
      </div>
    </fieldset>
  )
}

function linesOf(extraItems: Props['extraItems'], detail: Props['detail']): Line[] {
  const offers = (detail?.offers ?? []).map(({ key, path, exists }) => ({ key, path, isMissing: !exists }))
  const chosen = extraItems
    .filter(({ key }) => !offers.some((offer) => offer.key === key))
    .map(({ key }) => {
      const item = detail?.items.find((one) => one.key === key)
      return { key, path: item?.path ?? item?.configured ?? null, isMissing: item?.exists === false }
    })
  return [...chosen, ...offers].sort((a, b) => (a.key < b.key ? -1 : 1))
}
