'use client'
import { useUrlState } from './url-state.ts'

interface Props {
  name: string
  label: string
  values: readonly string[]
  /** What a value is called; left out: as it is. */
  wordOf?: (value: string) => string | undefined
}

/** One filter of a list, kept in the address under `name`; what stands there is offered even where nothing has that value any more. */
export function FilterChoice({ name, label, values, wordOf }: Props) {
  const { params, set } = useUrlState()
  const chosen = params.get(name) ?? ''
  const all = chosen === '' || values.includes(chosen) ? values : [chosen, ...values]
  return (
    <label className="fld">
      <span>{label}</span>
      <select className="inp" value={chosen} onChange={(event) => set({ [name]: event.target.value })}>
        <option value="">any</option>
        {all.map((value) => (
          <option key={value} value={value}>
            {wordOf?.(value) ?? value}
          </option>
        ))}
      </select>
    </label>
  )
}
