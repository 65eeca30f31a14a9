'use client'
import { notifications } from '@mantine/notifications'
import { type FormEvent, useState } from 'react'
import { setFreeFloor } from '#app/actions.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { formatDay } from '#lib/client/format.ts'
import { useNow } from '#lib/client/now.ts'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import type { DiskReport, FreeFloor } from '#lib/contracts/disk.ts'
import { CommandPopover, ErrorNote, SectionHead } from '../parts.tsx'

const DAY_MS = 86_400_000
const GB = 1_000_000_000
const HORIZONS = [30, 90, 365] as const

/** What the archives take, what is saved, how they will grow, and where backups pause. */
export function StorageSection({ report, onSaved }: { report: DiskReport; onSaved(): void }) {
  const { saving, floor } = report
  return (
    <section aria-labelledby="dk-storage">
      <SectionHead
        id="dk-storage"
        title="Archives on this disk"
        aside={saving ? (saving.archives === 1 ? 'one archive' : `${formatCount(saving.archives)} archives`) : undefined}
      >
        <span className="sp" />
        <CommandPopover command="orchive repository floor" />
      </SectionHead>
      {saving && saving.contentBytes > 0 ? <Saving saving={saving} /> : <p className="q">Nothing is archived yet.</p>}
      <Forecast report={report} />
      <FloorForm key={floor.floorBytes} floor={floor} onSaved={onSaved} />
    </section>
  )
}

function Saving({ saving }: { saving: NonNullable<DiskReport['saving']> }) {
  const { contentBytes, uniqueBytes, storedBytes } = saving
  const times = (a: number, b: number) => (b === 0 ? '-' : `${(a / b).toFixed(1)} ×`)
  const most = Math.max(contentBytes, uniqueBytes, storedBytes)
  const rows = [
    ['Content of all archives', contentBytes, 'counted in each'],
    ['Different content', uniqueBytes, `deduplicated ${times(contentBytes, uniqueBytes)}, names and times included`],
    ['On disk', storedBytes, `compressed ${times(uniqueBytes, storedBytes)}, ${times(contentBytes, storedBytes)} in all`],
  ] as const
  return (
    <dl className="dk-sv">
      {rows.map(([label, bytes, note]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            <span className="bar" aria-hidden="true">
              <i style={{ width: `${Math.max(0.3, (bytes / most) * 100)}%` }} />
            </span>
            <b title={`${formatCount(bytes)} bytes`}>{formatBytes(bytes)}</b> <span className="q">{note}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Forecast({ report: { areas, fileSystems, floor } }: { report: DiskReport }) {
  const now = useNow(60_000)
  const repository = areas.find(({ role }) => role === 'repository')
  const perDay = repository?.growthPerDayBytes ?? null
  if (!repository || repository.bytes === null) return null
  if (perDay === null) return <p className="q">How fast the archives grow is not known yet: it takes two backups a day apart.</p>
  const bytes = repository.bytes
  const system = fileSystems.find(({ device }) => device === repository.device)
  const left = system?.freeBytes == null ? null : system.freeBytes - floor.floorBytes
  const growth = system?.growthPerDayBytes ?? perDay
  const days = left === null || growth <= 0 ? null : Math.max(0, left) / growth
  return (
    <p>
      Archives grow by {formatBytes(perDay)} a day:{' '}
      {HORIZONS.map((ahead) => `${formatBytes(bytes + perDay * ahead)} in ${ahead} days`).join(', ')}.{' '}
      {days === null || days > 3650 ? null : (
        <b className={days < 30 ? 'warn' : ''}>
          With all else that grows here, backups pause about {formatDay(new Date(now + days * DAY_MS).toISOString())}, in{' '}
          {formatCount(Math.floor(days))} days.
        </b>
      )}
    </p>
  )
}

function FloorForm({ floor, onSaved }: { floor: FreeFloor; onSaved(): void }) {
  const may = useMay('settings')
  const [text, setText] = useState(String(Number((floor.floorBytes / GB).toPrecision(4))))
  const { send, busy, error } = useAction(setFreeFloor)
  const bytes = Math.round(Number(text) * GB)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const saved = await send({ floorBytes: bytes })
    if (!saved) return
    notifications.show({
      closeButtonProps: { 'aria-label': 'Close' },
      message: `Backups pause when less than ${formatBytes(saved.floorBytes)} would stay free.`,
    })
    onSaved()
  }
  return (
    <form className="dk-floor" onSubmit={(event) => void save(event)}>
      <label>
        Backups pause when less than{' '}
        <input
          className="inp sm"
          type="number"
          min={0}
          step="any"
          required
          value={text}
          disabled={!may}
          onChange={(event) => setText(event.target.value)}
        />{' '}
        GB would stay free
      </label>
      <button
        type="submit"
        className="btn sm"
        disabled={!may || busy || text === '' || bytes === floor.floorBytes}
        title={may ? undefined : 'Needs an admin'}
      >
        Save floor
      </button>
      <span className="q">0 = never. It counts for all repositories of this console.</span>
      {floor.isBelow ? <p className="bad">Backups are paused: only {formatBytes(floor.freeBytes)} are free.</p> : null}
      {error ? <ErrorNote error={error} /> : null}
    </form>
  )
}
