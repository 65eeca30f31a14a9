'use client'
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { WholeHostPart } from '#lib/contracts/whole-host.ts'
import { ICON, Ladder, PathText, Time, Words } from '../parts.tsx'
import { SuspectMark } from '../suspect-mark.tsx'

interface Props {
  parts: readonly WholeHostPart[]
  /** Ids of those that are left for later. */
  out: readonly string[]
  disabled: boolean
  onOut(out: string[]): void
  /** It goes elsewhere; null = back to where it lay. */
  onRoot(part: WholeHostPart, root: string | null): void
  onAlone(part: WholeHostPart): void
}

/** What comes back and where to, a workspace a row, and under it what stops it. */
export function WholeRows({ parts, out, disabled, onOut, onRoot, onAlone }: Props) {
  const toggle = (id: string) => onOut(out.includes(id) ? out.filter((one) => one !== id) : [...out, id])
  return (
    <div className="tw">
      <table className="fold whole">
        <thead>
          <tr>
            <th>Comes back</th>
            <th>Archive</th>
            <th>Proof</th>
            <th className="r">Files</th>
            <th className="r">Size</th>
            <th>Goes to</th>
            <th aria-label="Change" />
          </tr>
        </thead>
        {parts
          .toSorted((a, b) => ORDER[a.state] - ORDER[b.state])
          .map((part) => (
            <Row
              key={part.workspaceId}
              part={part}
              isOut={out.includes(part.workspaceId)}
              disabled={disabled}
              onToggle={() => toggle(part.workspaceId)}
              onRoot={(root) => onRoot(part, root)}
              onAlone={() => onAlone(part)}
            />
          ))}
      </table>
    </div>
  )
}

/** What somebody has to look at comes first. */
const ORDER = { stopped: 0, ready: 1, here: 2 }

interface RowProps {
  part: WholeHostPart
  isOut: boolean
  disabled: boolean
  onToggle(): void
  onRoot(root: string | null): void
  onAlone(): void
}

function Row({ part, isOut, disabled, onToggle, onRoot, onAlone }: RowProps) {
  const { workspace, root, oldRoot, state, why } = part
  /** Where it is to go instead, as it is typed; null = nobody changes it. */
  const [typed, setTyped] = useState<string | null>(null)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const text = typed?.trim() ?? ''
    setTyped(null)
    if (text !== root) onRoot(text === oldRoot || text === '' ? null : text)
  }
  return (
    <tbody className={isOut ? 'q' : undefined}>
      <tr>
        <td className="b">
          <Name part={part} isOut={isOut} onToggle={onToggle} />
        </td>
        <Archive part={part} />
        <td className="goes">
          {typed === null ? (
            <>
              <PathText path={root} />
              {root === oldRoot ? null : <span className="q block">lay at {oldRoot}</span>}
            </>
          ) : (
            <form className="fx" onSubmit={submit}>
              <input
                className="inp mono"
                // biome-ignore lint/a11y/noAutofocus: somebody has just asked for this field
                autoFocus
                aria-label={`Where ${workspace} goes; absent or empty`}
                value={typed}
                pattern="\s*(/.*)?"
                placeholder={oldRoot}
                onChange={(event) => setTyped(event.target.value)}
                onKeyDown={(event) => event.key === 'Escape' && setTyped(null)}
              />
              <button type="submit" className="btn sm">
                Plan it there
              </button>
            </form>
          )}
        </td>
        <td className="r nw hd">
          {state === 'here' ? null : (
            <>
              <button
                type="button"
                className="btn sm g"
                disabled={disabled}
                aria-label={typed === null ? `Change where ${workspace} goes` : `Leave it: ${workspace} goes where it was to go`}
                onClick={() => setTyped(typed === null ? root : null)}
              >
                {typed === null ? 'Change' : 'Leave it'}
              </button>
              <button type="button" className="btn sm g" disabled={disabled} aria-label={`Plan alone: ${workspace}`} onClick={onAlone}>
                Plan alone
              </button>
            </>
          )}
        </td>
      </tr>
      {why === null ? null : (
        <tr>
          <td colSpan={7} className="under">
            <span className="bad">{why.message}</span>{' '}
            <span className="q">
              <Words text={why.hint} />
            </span>
          </td>
        </tr>
      )}
    </tbody>
  )
}

function Name({ part: { workspace, state }, isOut, onToggle }: { part: WholeHostPart; isOut: boolean; onToggle(): void }) {
  if (state === 'ready')
    return (
      <label className="ck">
        <input type="checkbox" checked={!isOut} onChange={onToggle} />
        <span>{workspace}</span>
      </label>
    )
  const [Icon, tone] = state === 'here' ? [IconCircleCheck, 'ok'] : [IconCircleX, 'bad']
  return (
    <span className={`st ${tone}`}>
      <Icon {...ICON} />
      {workspace}
    </span>
  )
}

function Archive({ part: { plan, state } }: { part: WholeHostPart }) {
  if (plan === null)
    return (
      <>
        <td colSpan={3} className={state === 'here' ? 'q' : undefined}>
          {state === 'here' ? 'Is on this host already' : 'Cannot come back like this'}
        </td>
        <td className="r" />
      </>
    )
  const files = plan.items.reduce((sum, item) => (item.isLeftOut ? sum : sum + item.files), 0)
  return (
    <>
      <td className="nw">
        <Time iso={plan.createdAt} />{' '}
        <span className="q">
          <Time iso={plan.createdAt} age />
        </span>
      </td>
      <td>
        <Ladder grade={plan.grade} />
        {plan.isSuspect ? <SuspectMark /> : null}
      </td>
      <td className="r" data-label="files">
        {formatCount(files)}
      </td>
      <td className="r nw">{formatBytes(plan.contentBytes)}</td>
    </>
  )
}
