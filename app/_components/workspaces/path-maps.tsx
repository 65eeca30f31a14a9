'use client'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useId } from 'react'
import { useFocusKept } from '#lib/client/use-focus-kept.ts'
import type { PathMap } from '#lib/contracts/workspace.ts'
import { ICON } from '../parts.tsx'
import './workspaces.css'

interface Props {
  maps: readonly PathMap[]
  /** Maps that would make missing paths point into the root. */
  suggested: readonly PathMap[]
  disabled?: boolean
  /** When somebody needs them, and whose paths they are. */
  about?: { text: string; from: string }
  onChange: (maps: PathMap[]) => void
}

const OF_A_CONFIG = {
  text: 'Only when the config holds paths of a container or another host: say where they lie here.',
  from: 'In the config',
}

/** Where the paths of a container lie on this host. */
export function PathMaps({ maps, suggested, disabled = false, about = OF_A_CONFIG, onChange }: Props) {
  const id = useId()
  const list = useFocusKept()
  const change = (at: number, part: Partial<PathMap>) => onChange(maps.map((map, i) => (i === at ? { ...map, ...part } : map)))
  const offered = suggested.filter(({ from }) => !maps.some((map) => map.from === from))
  return (
    <fieldset ref={list} tabIndex={-1} className="fs" disabled={disabled}>
      <legend>Path maps</legend>
      <p className="q">{about.text}</p>
      {maps.map((map, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a map has nothing of its own that stays while it is typed
        <div key={i} className="mapl">
          <label className="fld" htmlFor={`${id}from${i}`}>
            <span>{about.from}</span>
            <input
              id={`${id}from${i}`}
              className="inp mono"
              value={map.from}
              placeholder="/app"
              onChange={(event) => change(i, { from: event.target.value })}
            />
          </label>
          <label className="fld" htmlFor={`${id}to${i}`}>
            <span>On this host</span>
            <input
              id={`${id}to${i}`}
              className="inp mono"
              value={map.to}
              placeholder="/srv/orchestrator"
              onChange={(event) => change(i, { to: event.target.value })}
            />
          </label>
          <button
            type="button"
            className="ib"
            aria-label={`Remove the path map ${map.from || i + 1}`}
            onClick={() => onChange(maps.filter((_, at) => at !== i))}
          >
            <IconX {...ICON} />
          </button>
        </div>
      ))}
      <div className="fx wrap">
        {offered.map((map) => (
          <button key={map.from} type="button" className="btn sm" onClick={() => onChange([...maps, map])}>
            <IconPlus {...ICON} />
            Map {map.from} to {map.to}
          </button>
        ))}
        <button type="button" className="btn sm" onClick={() => onChange([...maps, { from: '', to: '' }])}>
          <IconPlus {...ICON} />
          Add a path map
        </button>
      </div>
    </fieldset>
  )
}

/** The maps that are filled in; a half-typed one counts for nothing yet. */
export const filledMaps = (maps: readonly PathMap[]): PathMap[] =>
  maps.map(({ from, to }) => ({ from: from.trim(), to: to.trim() })).filter(({ from, to }) => from !== '' && to !== '')
