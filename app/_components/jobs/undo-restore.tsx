'use client'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { startUndo } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import { CommandPopover, ErrorNote, ICON, Time } from '../parts.tsx'

interface Props {
  jobId: `job_${string}`
  until: string
  base: string | null
}

/** Takes a restore back: one step, as long as what it replaced is kept. */
export function UndoRestore({ jobId, until, base }: Props) {
  const may = useMay('restore')
  const router = useRouter()
  const [isOver] = useState(() => Date.parse(until) < Date.now())
  const { send, busy, error } = useAction(startUndo)
  const undo = async () => {
    const started = await send({ jobId })
    if (started && base) router.push(`${base}/jobs/${started.jobId}`)
  }
  if (isOver) return null
  return (
    <>
      <div className="fx wrap">
        <button
          type="button"
          className="btn"
          disabled={!may || busy}
          title={may ? undefined : 'Your role may not restore'}
          onClick={() => void undo()}
        >
          <IconArrowBackUp {...ICON} />
          Undo this restore
        </button>
        <span className="q">
          until <Time iso={until} />; it stops when the workspace moved on since
        </span>
        <CommandPopover command={`orchive undo ${jobId}`} />
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </>
  )
}
