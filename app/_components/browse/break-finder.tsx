'use client'
import { IconSearch } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { commandText, operands } from '#lib/base/command-text.ts'
import { useRead } from '#lib/client/queries.ts'
import type { Break } from '#lib/contracts/compare.ts'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, ICON, Time } from '../parts.tsx'

interface Props {
  workspaceId: `ws_${string}`
  path: string
}

const WORDS = { good: 'ok', bad: 'bad', unknown: 'warn' } as const

/** Asks when a file broke: halves the archives between one where a condition holds and one where it does not. */
export function BreakFinder({ workspaceId, path }: Props) {
  const [typed, setTyped] = useState('')
  const [condition, setCondition] = useState<string | null>(null)
  const input = { workspace: workspaceId, path, condition: condition ?? 'parses' }
  const { data, error, isFetching } = useRead('findBreak', input, { enabled: condition !== null, staleTime: 60_000 })
  const search = (event: FormEvent) => {
    event.preventDefault()
    setCondition(typed.trim() === '' ? 'parses' : typed.trim())
  }
  return (
    <details className="bf">
      <summary>Find when it broke</summary>
      <form onSubmit={search}>
        <label className="fld">
          <span>What has to hold (default: it parses)</span>
          <input
            className="inp mono"
            value={typed}
            placeholder="/taskHistory/length > 100"
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <div className="fx">
          <button type="submit" className="btn sm" disabled={isFetching}>
            <IconSearch {...ICON} />
            {isFetching ? 'Looking…' : 'Find the change'}
          </button>
          <CommandPopover
            command={commandText([
              'orchive',
              'bisect',
              ...(typed.trim() === '' ? [] : ['--where', typed.trim()]),
              ...operands(path, workspaceId),
            ])}
          />
        </div>
      </form>
      {error ? <ErrorNote error={error} /> : null}
      {data ? <Found found={data} workspaceId={workspaceId} /> : null}
    </details>
  )
}

function Found({ found, workspaceId }: { found: Break; workspaceId: string }) {
  const { lastGood, firstBad, steps } = found
  return (
    <>
      <p className="b" role="status">
        {firstBad === null ? (
          'Nothing is broken: the newest archive is good.'
        ) : lastGood === null ? (
          <>
            Even the oldest archive is bad, of <Time iso={firstBad.createdAt} />.
          </>
        ) : (
          <>
            It broke between <Time iso={lastGood.createdAt} /> and <Time iso={firstBad.createdAt} />.
          </>
        )}
      </p>
      {lastGood && firstBad ? (
        <Link
          className="link"
          href={`/w/${workspaceId}/compare?a=${lastGood.archiveId}&b=${firstBad.archiveId}&path=${encodeURIComponent(found.path)}`}
        >
          Compare the two
        </Link>
      ) : null}
      <ol className="steps">
        {steps.map((step) => (
          <li key={step.archiveId}>
            <Time iso={step.createdAt} />
            <span className={WORDS[step.verdict]}>{step.verdict}</span>
            <span className="q">{step.why}</span>
          </li>
        ))}
      </ol>
    </>
  )
}
