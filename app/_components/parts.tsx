'use client'
import { IconAlertTriangle, IconCircleX, IconInfoCircle, IconLock, IconRefresh, IconTerminal2 } from '@tabler/icons-react'
import { type ComponentProps, Fragment, lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react'
import { formatAge, formatTime } from '#lib/client/format.ts'
import { useNow } from '#lib/client/now.ts'
import { isAgeing } from '#lib/client/rung-look.ts'
import type { ActionError } from '#lib/client/use-action.ts'
import type { Finding } from '#lib/contracts/common.ts'
import { ICON } from './icon-look.ts'

export { ICON }

/** A time in UTC, the local one in the tooltip. */
export function Time({ iso, age = false }: { iso: string; age?: boolean }) {
  const now = useNow()
  return (
    // The browser may be some seconds, or a zone, away from the server that drew it first.
    <time dateTime={iso} title={`${iso} · ${new Date(iso).toLocaleString()}`} suppressHydrationWarning>
      {age ? formatAge(iso, now) : formatTime(iso, now)}
    </time>
  )
}

/** A path that breaks behind its slashes where it has to. */
export const PathText = ({ path }: { path: string }) => (
  <span className="mono brk">
    {path.split('/').map((part, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other identity, and never change places
      <Fragment key={at}>
        {at === 0 ? null : (
          <>
            /<wbr />
          </>
        )}
        {part}
      </Fragment>
    ))}
  </span>
)

/** Five rising bars, the grade in words and how old the proof is. */
export function Ladder(props: { grade: number | null; at?: string | null; until?: string | null; big?: boolean }) {
  const { grade, at, until, big = false } = props
  const now = useNow(60_000)
  const isOld = grade !== null && grade > 0 && isAgeing(until, now)
  const kind = grade === null ? 'n' : grade === 0 ? 'x' : grade < 3 || isOld ? 'w' : ''
  return (
    <span className={`lad ${kind} ${big ? 'big' : ''}`}>
      <Bars grade={grade} />
      <b>{grade === null ? '-' : `L${grade}`}</b>
      {grade === null ? (
        <span className="q">not verified</span>
      ) : at ? (
        <span className="q">
          <Time iso={at} age />
        </span>
      ) : null}
      {isOld ? <span className="warn">Ageing</span> : null}
    </span>
  )
}

function Bars({ grade }: { grade: number | null }) {
  return (
    <span className="bars" aria-hidden="true">
      {[31, 46, 65, 85, 100].map((height, i) => (
        <i key={height} className={grade !== null && i < grade ? 'f' : grade === 0 ? 'x' : ''} style={{ height: `${height}%` }} />
      ))}
    </span>
  )
}

/** A rung of the ladder by itself: lit where something is proven at it, amber where that lapses soon. */
export function LevelMark({ level, isProven, until }: { level: number; isProven: boolean; until: string | null }) {
  const now = useNow(60_000)
  const isOld = isProven && isAgeing(until, now)
  return (
    <span className={`lad ${isProven ? (isOld ? 'w' : '') : 'n'}`}>
      <Bars grade={isProven ? level : null} />
      <b>L{level}</b>
      {isOld ? <span className="warn">Ageing</span> : null}
    </span>
  )
}

/** Sentences in which commands stand between backticks. */
export const Words = ({ text }: { text: string }) =>
  text.split('`').map((part, at) =>
    at % 2 === 0 ? (
      part
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other identity, and never change places
      <code key={at} className="mono">
        {part}
      </code>
    ),
  )

/** A part of the page that could not be read; the rest of the page stays. */
export function ErrorNote({ error, again }: { error: Pick<ActionError, 'message' | 'hint'> | Error; again?: () => void }) {
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : ''
  if ('code' in error && error.code === 'not_signed_in') return <SignedOutNote />
  return (
    <div className="note bad" role="alert">
      <IconCircleX {...ICON} />
      <div>
        <p className="b">
          <Words text={error.message} />
        </p>
        {hint === '' ? null : (
          <p>
            <Words text={hint} />
          </p>
        )}
      </div>
      {again ? (
        <button type="button" className="btn sm" onClick={again}>
          <IconRefresh {...ICON} />
          Read again
        </button>
      ) : null}
    </div>
  )
}

/** The session ended meanwhile: the way to a new one, and back to this page. */
const SignedOutNote = () => (
  <div className="note warn" role="alert">
    <IconLock {...ICON} />
    <div>
      <p className="b">Your session has ended.</p>
      <p>Sign in to go on here.</p>
    </div>
    <button
      type="button"
      className="btn sm"
      onClick={() => window.location.assign(`/sign-in?again=${encodeURIComponent(window.location.pathname + window.location.search)}`)}
    >
      Sign in
    </button>
  </div>
)

/** What a first read looks like: rows of the exact height, and the word for readers. */
export function Reading({ rows = 3, what = 'Reading…' }: { rows?: number; what?: string }) {
  return (
    <div className="reading" aria-busy="true">
      <span className="vh">{what}</span>
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike
        <i key={i} />
      ))}
    </div>
  )
}

const FINDING_LOOK = {
  error: { tone: 'bad', word: 'Failed', Icon: IconCircleX },
  warning: { tone: 'warn', word: 'Warning', Icon: IconAlertTriangle },
  info: { tone: 'q', word: 'Note', Icon: IconInfoCircle },
} as const

/** Named problems, each with its object. */
export function Findings({ findings, limit = 50 }: { findings: readonly Finding[]; limit?: number }) {
  if (findings.length === 0) return null
  return (
    <ul className="findings">
      {findings.slice(0, limit).map((finding) => {
        const { tone, word, Icon } = FINDING_LOOK[finding.severity]
        return (
          <li key={`${finding.code}${finding.path}${finding.message}`}>
            <span className={tone}>
              <Icon {...ICON} />
              <span className="vh">{word}</span>
            </span>
            <span>
              {finding.path === null ? null : <span className="mono b brk">{finding.path} </span>}
              <Words text={finding.message} />
            </span>
          </li>
        )
      })}
      {findings.length > limit ? <li className="q">{findings.length - limit} more</li> : null}
    </ul>
  )
}

const CommandPanel = lazy(() => import('./command-panel.tsx'))

/** The button behind which the command is that does or reads the same. What it opens is loaded when it is first wanted. */
export function CommandPopover({ command }: { command: string }) {
  const [isWanted, setWanted] = useState(false)
  const button = <CommandButton onClick={() => setWanted(true)} />
  if (!isWanted) return button
  return (
    <Suspense fallback={button}>
      <CommandPanel command={command} />
    </Suspense>
  )
}

/** What opens and closes it. */
export function CommandButton(props: ComponentProps<'button'>) {
  return (
    <button type="button" className="ib bd" aria-label="Show the equivalent command" title="Equivalent command" {...props}>
      <IconTerminal2 {...ICON} />
    </button>
  )
}

/** A heading of a section with what belongs beside it. */
export function SectionHead({ id, title, aside, children }: { id: string; title: string; aside?: ReactNode; children?: ReactNode }) {
  return (
    <div className="sec">
      <h2 id={id}>{title}</h2>
      {aside === undefined ? null : <span className="q">{aside}</span>}
      {children}
    </div>
  )
}

/** Added, changed and removed; unknown is `-`. */
export function Changes({ counts }: { counts: { added: number; changed: number; removed: number } | null }) {
  if (counts === null) return <span className="q">-</span>
  return (
    <span className="sgn">
      <Change sign="+" tone="add" count={counts.added} /> <Change sign="~" tone="chg" count={counts.changed} />{' '}
      <Change sign="−" tone="del" count={counts.removed} />
    </span>
  )
}

/** Nothing has no sign. */
const Change = ({ sign, tone, count }: { sign: string; tone: string; count: number }) =>
  count === 0 ? <span className="q">0</span> : <span className={tone}>{`${sign}${count}`}</span>

/**
 * A table that may be wider than its place: it scrolls by itself and can be reached by keyboard when it does. On a phone its rows fold instead;
 * cells that need a word then say it in `data-label`.
 */
export function WideTable({ label, className = '', children }: { label: string; className?: string; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const [isScrolling, setScrolling] = useState(false)
  useEffect(() => {
    const shown = box.current
    if (!shown) return
    const look = () => setScrolling(shown.scrollWidth > shown.clientWidth || shown.scrollHeight > shown.clientHeight)
    const watch = new ResizeObserver(look)
    watch.observe(shown)
    if (shown.firstElementChild) watch.observe(shown.firstElementChild)
    return () => watch.disconnect()
  }, [])
  return (
    <div ref={box} className={`tw ${className}`} {...(isScrolling ? { tabIndex: 0, role: 'region', 'aria-label': label } : {})}>
      <table className="fold">{children}</table>
    </div>
  )
}
