'use client'
import { formatBytes } from '#lib/base/units.ts'
import type { DiskReport, OffloadPlan } from '#lib/contracts/disk.ts'
import { shownSystem } from './disk-words.ts'

/** A part smaller than this could not be seen. */
const LEAST_SHARE = 0.001

interface Part {
  key: string
  label: string
  look: string
  now: number
  after: number
}

/** The disk now and after, on one scale. */
export function DiskGauges({ report, plan }: { report: DiskReport; plan: OffloadPlan | null }) {
  const system = shownSystem(report, plan)
  if (!system || system.totalBytes === null || system.freeBytes === null) return null
  const total = system.totalBytes
  const parts = partsOf(report, plan, system.device, total - system.freeBytes)
  const space = plan?.space.find(({ device }) => device === system.device)
  return (
    <div className="dk-gz">
      <Gauge label="Now" parts={parts} at="now" total={total} used={total - system.freeBytes} />
      {space?.freeAfterBytes == null ? null : (
        <Gauge label="After offload" parts={parts} at="after" total={total} used={total - space.freeAfterBytes} />
      )}
      <ul className="dk-gl" aria-label="Key">
        {parts.map(({ key, label, look }) => (
          <li key={key}>
            <i className={look} aria-hidden="true" />
            {label}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Gauge({ label, parts, at, total, used }: { label: string; parts: Part[]; at: 'now' | 'after'; total: number; used: number }) {
  const text = `${formatBytes(used)} of ${formatBytes(total)}, ${Math.round((used / total) * 100)} %`
  return (
    <>
      <span className={at === 'now' ? 's' : 'b'}>{label}</span>
      <div className="dk-gb" role="img" aria-label={`${label}: ${text} used`}>
        {parts
          .filter((part) => part[at] / total > LEAST_SHARE)
          .map((part) => (
            <i
              key={part.key}
              className={part.look}
              title={`${part.label}: ${formatBytes(part[at])}`}
              style={{ width: `${(part[at] / total) * 100}%` }}
            />
          ))}
      </div>
      <span className="r">{text}</span>
    </>
  )
}

function partsOf(report: DiskReport, plan: OffloadPlan | null, device: string, used: number): Part[] {
  const own = report.areas.filter((area) => area.device === device)
  const bytesOf = (role: string) => own.filter((area) => area.role === role).reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
  const space = plan?.space.find((one) => one.device === device)
  const leaves = space?.leavesBytes ?? 0
  const leavesOf = (role: string) =>
    (plan?.items ?? [])
      .filter(({ key }) => own.some((area) => area.key === key && area.role === role))
      .reduce((sum, item) => sum + item.leavesBytes, 0)
  const stored = bytesOf('repository')
  const same = (key: string, label: string, look: string, bytes: number): Part => ({ key, label, look, now: bytes, after: bytes })
  const known = own.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
  return [
    { ...same('archives', 'Archives', 'g1', stored), after: stored + (space?.archiveBytes ?? 0) },
    same('logs', 'Logs that stay', 'g2', Math.max(0, bytesOf('logs') - leavesOf('logs'))),
    { ...same('leaves', 'Leaves', 'hz', leaves), after: 0 },
    same('packs', 'Packs that stay', 'g3', Math.max(0, bytesOf('packs') - leavesOf('packs'))),
    same('other', 'Other items', 'g4', bytesOf('other')),
    same('rest', 'Everything else on the disk', 'g5', Math.max(0, used - known)),
  ]
}
