'use client'
import type { Prices } from '#lib/contracts/replica.ts'
import { Field } from '../field.tsx'
import type { ReplicaDraft } from './replica-draft.ts'
import type { SetDraft } from './replica-form.tsx'

const PRICES: Record<Exclude<keyof Prices, 'currency'>, string> = {
  perGigabyteMonth: 'A gigabyte a month',
  perThousandPuts: 'A thousand PUT or LIST requests',
  perThousandGets: 'A thousand GET requests',
  perGigabyteOut: 'A gigabyte read back',
}

/** When copies are made, how fast, and what they keep. */
export function KeepFields({ draft, set }: { draft: ReplicaDraft; set: SetDraft }) {
  return (
    <>
      <label className="ck">
        <input type="checkbox" checked={draft.afterBackup} onChange={(event) => set({ afterBackup: event.target.checked })} />
        <span>Copy after every backup</span>
      </label>
      <details>
        <summary>Schedule, speed, what it keeps, checks, prices</summary>
        <div className="s3">
          <Field
            label="Also by the clock (cron)"
            value={draft.schedule}
            placeholder="0 4 * * *"
            onText={(schedule) => set({ schedule })}
            hint="In the workspace’s zone. Empty: not by the clock."
          />
          <Field
            label="Speed, MB a second"
            type="number"
            min={0.001}
            step="any"
            value={draft.speed}
            onText={(speed) => set({ speed })}
            hint="Empty: as fast as it goes."
          />
          <Field
            label="Alarm after hours without a copy"
            type="number"
            min={1}
            required
            value={draft.lagHours}
            onText={(lagHours) => set({ lagHours })}
          />
        </div>
        <div className="s3">
          <Field label="Other speed from" type="time" value={draft.hoursFrom} onText={(hoursFrom) => set({ hoursFrom })} />
          <Field label="until" type="time" value={draft.hoursTo} onText={(hoursTo) => set({ hoursTo })} />
          <Field
            label="Speed then, MB a second"
            type="number"
            min={0.001}
            step="any"
            value={draft.hoursSpeed}
            onText={(hoursSpeed) => set({ hoursSpeed })}
            hint="Empty: as fast as it goes."
          />
        </div>
        <div className="s3">
          <Field
            label="Keeps days"
            type="number"
            min={0}
            value={draft.dailyDays}
            onText={(dailyDays) => set({ dailyDays })}
            hint="Empty: as the workspace does."
          />
          <Field label="Keeps weeks" type="number" min={0} value={draft.weeklyWeeks} onText={(weeklyWeeks) => set({ weeklyWeeks })} />
          <Field
            label="Keeps months"
            type="number"
            min={0}
            value={draft.monthlyMonths}
            onText={(monthlyMonths) => set({ monthlyMonths })}
          />
        </div>
        <div className="s3">
          <Field
            label="Read back with each sync, percent"
            type="number"
            min={0}
            max={100}
            step="any"
            required
            value={draft.recheckPercent}
            onText={(recheckPercent) => set({ recheckPercent })}
            hint="The longest unchecked first; at 2, all of it in about fifty syncs."
          />
        </div>
        <label className="ck">
          <input type="checkbox" checked={draft.hasPrices} onChange={(event) => set({ hasPrices: event.target.checked })} />
          <span>Reckon what it costs, by prices that I enter</span>
        </label>
        {draft.hasPrices ? <PriceFields draft={draft} set={set} /> : null}
      </details>
    </>
  )
}

function PriceFields({ draft, set }: { draft: ReplicaDraft; set: SetDraft }) {
  const price = (key: keyof Prices) => (text: string) => set({ prices: { ...draft.prices, [key]: text } })
  return (
    <div className="s3">
      <Field label="Currency" required maxLength={10} value={draft.prices.currency} onText={price('currency')} />
      {(Object.keys(PRICES) as (keyof typeof PRICES)[]).map((key) => (
        <Field key={key} label={PRICES[key]} type="number" min={0} step="any" required value={draft.prices[key]} onText={price(key)} />
      ))}
    </div>
  )
}
