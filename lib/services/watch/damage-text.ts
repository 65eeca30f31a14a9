import { formatMoment } from '#lib/base/moment-text.ts'
import type { WatchedFile } from '#lib/contracts/overview.ts'

const STATES: Record<WatchedFile['verdict'], string> = {
  fine: 'is fine',
  missing: 'is missing',
  damaged: 'is damaged',
  doubtful: 'looks reset or cut down',
  unreadable: 'cannot be read',
}

/** What is wrong with a live file, since when, and what that means for the next backup. */
export function damageText({ label, verdict, since, fineAt, findings }: WatchedFile, nowMs: number): { title: string; detail: string } {
  const moment = (iso: string) => formatMoment(Date.parse(iso), nowMs)
  const fine = fineAt === null ? '' : `At ${moment(fineAt)} it was fine.`
  return {
    title: `The live ${label} ${STATES[verdict]}${since === null ? '' : ` since ${moment(since)}`}`,
    detail: [...findings.map(({ message }) => message), fine, 'A backup taken now would be suspect.'].filter(Boolean).join(' '),
  }
}
