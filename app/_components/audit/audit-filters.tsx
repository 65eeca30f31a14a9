'use client'
import type { AuditPage } from '#lib/contracts/audit.ts'
import { FilterChoice } from '../filter-choice.tsx'
import { useUrlState } from '../url-state.ts'

/** Who, what, to which kind of object, and when. */
export function AuditFilters({ facets }: { facets: AuditPage['facets'] }) {
  const { params, set } = useUrlState()
  const isFiltered = [...params.keys()].length > 0
  return (
    <div className="filters">
      <FilterChoice name="actor" label="Who" values={facets.actors} />
      <FilterChoice name="action" label="What" values={facets.actions} />
      <FilterChoice name="kind" label="On what" values={facets.objectKinds} />
      <Day name="from" label="Since" />
      <Day name="to" label="Until" />
      {isFiltered ? (
        <button
          type="button"
          className="btn sm"
          onClick={() => set({ actor: null, action: null, kind: null, object: null, from: null, to: null })}
        >
          Show all
        </button>
      ) : null}
    </div>
  )
}

function Day({ name, label }: { name: string; label: string }) {
  const { params, set } = useUrlState()
  return (
    <label className="fld">
      <span>{label}</span>
      <input className="inp" type="date" value={params.get(name) ?? ''} onChange={(event) => set({ [name]: event.target.value })} />
    </label>
  )
}
