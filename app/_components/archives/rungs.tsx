'use client'
import { IconCircleCheck, IconCircleDashed, IconCircleX, IconClockExclamation } from '@tabler/icons-react'
import { startVerify } from '#app/actions.ts'
import { formatDuration } from '#lib/base/units.ts'
import { useOpenJobs } from '#lib/client/job-feed.tsx'
import { useNow } from '#lib/client/now.ts'
import { useMay } from '#lib/client/person.tsx'
import { type RungLook, rungLook } from '#lib/client/rung-look.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { ArchiveDetail, VerifyLevel } from '#lib/contracts/archive.ts'
import { ErrorNote, Findings, ICON, Ladder, Time } from '../parts.tsx'

const RUNGS = [
  'Bytes match checksums',
  'Required items present, tar structure agrees',
  'JSON parses, baseline holds',
  'Config paths resolve',
  'Restored in a drill',
]

const LOOKS: Record<RungLook['state'], { tone: string; Icon: typeof IconCircleX }> = {
  proven: { tone: 'ok', Icon: IconCircleCheck },
  ageing: { tone: 'warn', Icon: IconClockExclamation },
  lapsed: { tone: 'warn', Icon: IconClockExclamation },
  undone: { tone: 'bad', Icon: IconCircleX },
  failed: { tone: 'bad', Icon: IconCircleX },
  open: { tone: 'q', Icon: IconCircleDashed },
}

/** The ladder of an archive, highest rung first: what was proven, when, until when, and what would raise it. */
export function Rungs({ archive }: { archive: ArchiveDetail }) {
  const now = useNow(60_000)
  const may = useMay('verify')
  const open = useOpenJobs(archive.workspaceId)
  const { send, busy, error } = useAction(startVerify)
  // The feed does not say which archive a job is about: of one workspace one proof at a time is started from here.
  const isProving = open.some(({ kind }) => kind === 'verify' || kind === 'drill')
  const raise = (level: VerifyLevel) => void send({ archiveId: archive.id, level })
  return (
    <>
      <ul className="rungs">
        {[5, 4, 3, 2, 1].map((level) => (
          <li key={level}>
            <RungRow archive={archive} level={level} nowMs={now} disabled={!may || busy || isProving} mayNot={!may} onRaise={raise} />
          </li>
        ))}
      </ul>
      {error ? <ErrorNote error={error} /> : null}
    </>
  )
}

interface RowProps {
  archive: ArchiveDetail
  level: number
  nowMs: number
  disabled: boolean
  mayNot: boolean
  onRaise: (level: VerifyLevel) => void
}

function RungRow({ archive, level, nowMs, disabled, mayNot, onRaise }: RowProps) {
  const rung = archive.rungs.find((one) => one.level === level)
  const { state, word, advice, raise } = rungLook(level, archive.rungs, nowMs)
  const { tone, Icon } = LOOKS[state]
  return (
    <>
      <Ladder grade={rung ? (rung.passed ? level : 0) : null} />
      <div className="rung">
        <p className={state === 'failed' || state === 'undone' ? 'bad' : state === 'open' ? 'q' : ''}>
          L{level} {RUNGS[level - 1]}
        </p>
        <p className="fx wrap">
          <span className={`st ${tone}`}>
            <Icon {...ICON} />
            {word}
          </span>
          {rung ? (
            <span className="q">
              <Time iso={rung.checkedAt} />
              {rung.durationMs === null ? '' : `, took ${formatDuration(rung.durationMs)}`}
            </span>
          ) : null}
        </p>
        <p className={state === 'ageing' || state === 'lapsed' ? 'warn' : 'q'}>{advice}</p>
        {rung && rung.findings.length > 0 ? <Findings findings={rung.findings} limit={5} /> : null}
      </div>
      {raise ? (
        <button
          type="button"
          className="btn sm"
          disabled={disabled}
          title={mayNot ? 'Your role may not verify' : undefined}
          onClick={() => onRaise(raise)}
        >
          {raise === 'drill' ? 'Start drill' : `Verify to L${level}`}
        </button>
      ) : null}
    </>
  )
}
