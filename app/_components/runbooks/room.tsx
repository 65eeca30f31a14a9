'use client'
import { formatBytes } from '#lib/base/units.ts'
import type { Room } from '#lib/contracts/host.ts'
import { SectionHead } from '../parts.tsx'

interface Props {
  volumes: readonly Room[]
  /** What comes back of what was planned. */
  isMeant(need: Room['needs'][number]): boolean
  /** Somebody said that it may start although it seems not to fit. */
  isIgnored: boolean
  onIgnore(isIgnored: boolean): void
}

/** What is written to each disk, and whether it has room; where one has not, somebody has to say that it may start all the same. */
export function RoomSection({ volumes, isMeant, isIgnored, onIgnore }: Props) {
  return (
    <section className="stack" aria-labelledby="room">
      <SectionHead id="room" title="Room" />
      {needsOf({ volumes, isMeant }).map(({ path, freeBytes, neededBytes }) => {
        const isTight = neededBytes > freeBytes
        return (
          <p key={path} {...(isTight ? { className: 'note bad', role: 'alert' } : {})}>
            <span>
              {formatBytes(neededBytes)} to write on <span className="mono">{path}</span>, {formatBytes(freeBytes)} free
              {isTight
                ? `: ${formatBytes(neededBytes - freeBytes)} too little. Leave something out, send some elsewhere, or make room.`
                : '.'}
            </span>
          </p>
        )
      })}
      {isTight({ volumes, isMeant }) ? (
        <label className="ck">
          <input type="checkbox" checked={isIgnored} onChange={(event) => onIgnore(event.target.checked)} />
          <span>
            Start all the same{' '}
            <span className="q">
              Sparse files may need less than their size. What does not fit stops before anything of it is written; what came before it
              stays.
            </span>
          </span>
        </label>
      ) : null}
    </section>
  )
}

/** Whether a disk seems to have too little room for what comes back. */
export const isTight = (asked: Pick<Props, 'volumes' | 'isMeant'>): boolean =>
  needsOf(asked).some(({ neededBytes, freeBytes }) => neededBytes > freeBytes)

/** Of each disk that something is written to, how much; what is left for later needs nothing. */
const needsOf = ({ volumes, isMeant }: Pick<Props, 'volumes' | 'isMeant'>) =>
  volumes.flatMap(({ path, freeBytes, needs }) => {
    const meant = needs.filter(isMeant)
    return meant.length === 0 ? [] : [{ path, freeBytes, neededBytes: meant.reduce((sum, { bytes }) => sum + bytes, 0) }]
  })
