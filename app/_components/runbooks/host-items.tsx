'use client'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { HostPlan } from '#lib/contracts/host.ts'
import { Findings, SectionHead } from '../parts.tsx'

interface Props {
  plan: HostPlan
  /** Keys of items that stay in the archive. */
  leaveOut: readonly string[]
  onLeaveOut(keys: readonly string[]): void
}

/** Where each item goes, which of them come back, and how much that is. */
export function HostItems({ plan, leaveOut, onLeaveOut }: Props) {
  const isOut = (key: string) => leaveOut.includes(key)
  const toggle = (key: string) => onLeaveOut(isOut(key) ? leaveOut.filter((one) => one !== key) : [...leaveOut, key])
  const choosable = plan.items.filter(({ mayBeLeftOut }) => mayBeLeftOut)
  const out = choosable.filter(({ key }) => isOut(key))
  const sum = (pick: 'files' | 'contentBytes') => out.reduce((total, item) => total + item[pick], 0)
  return (
    <section className="stack" aria-labelledby="where">
      <SectionHead id="where" title="Where everything goes" aside={`${plan.oldRoot} → ${plan.root}`} />
      <div className="tw">
        <table>
          <thead>
            <tr>
              <th>Comes back</th>
              <th>On this host</th>
              <th className="r">Files</th>
              <th className="r">Size</th>
            </tr>
          </thead>
          <tbody>
            {plan.items.map((item) => (
              <tr key={item.key} className={isOut(item.key) ? 'q' : undefined}>
                <td>
                  <label className="ck">
                    <input
                      type="checkbox"
                      checked={!isOut(item.key) && item.path !== null}
                      // One of them has to come back, or there is nothing to do.
                      disabled={!item.mayBeLeftOut || (!isOut(item.key) && out.length === choosable.length - 1)}
                      onChange={() => toggle(item.key)}
                    />
                    <span>{item.label}</span>
                  </label>
                </td>
                <td className="mono brk">
                  {isOut(item.key) ? 'stays in the archive' : (item.path ?? <span className="warn">in no archive</span>)}
                </td>
                <td className="r">{formatCount(item.files)}</td>
                <td className="r">{formatBytes(item.contentBytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {out.length === 0 ? null : (
        <p role="status">
          {out.length === 1 ? 'One item is' : `${out.length} items are`} left out: {plural(sum('files'), 'file')},{' '}
          {formatBytes(sum('contentBytes'))} stay in the archive. Restore brings them back at any time.
        </p>
      )}
      <Findings findings={plan.problems} />
    </section>
  )
}
