'use client'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { acceptArchive, forgetArchive, holdArchive, releaseArchive } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { LIVE_READS } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { ArchiveDetail } from '#lib/contracts/archive.ts'
import { Dialog } from '../dialog.tsx'
import { ErrorNote, Time } from '../parts.tsx'

/** What the dialog asks a reason for. */
type Asked = 'hold' | 'accept' | 'forget'

const DIALOG: Record<Asked, { title: string; button: string; explain: string | null }> = {
  hold: { title: 'Hold this archive', button: 'Hold it', explain: null },
  accept: { title: 'Accept this archive', button: 'Accept it', explain: null },
  forget: {
    title: 'Move this archive to the trash',
    button: 'Move to trash',
    explain: 'It can be taken back until a prune takes it away, a week from now at the earliest.',
  },
}

/** Hold, release, accept and forget, each with who, when and why. `onGone` is called when the archive is not listed any more. */
export function MarkActions({ archive, onGone }: { archive: ArchiveDetail; onGone: () => void }) {
  const may = useMay('hold')
  const mayForget = useMay('forget')
  const mayRelease = useMay(archive.kind === 'offload' ? 'release-offload' : 'hold')
  const client = useQueryClient()
  const [asking, setAsking] = useState<Asked | null>(null)
  const hold = useAction(holdArchive)
  const release = useAction(releaseArchive)
  const accept = useAction(acceptArchive)
  const forget = useAction(forgetArchive)
  const refresh = () => client.invalidateQueries({ predicate: ({ queryKey }) => (LIVE_READS as readonly unknown[]).includes(queryKey[0]) })
  const busy = hold.busy || release.busy || accept.busy || forget.busy
  const why = may ? undefined : 'Your role may not hold archives'
  const mark = async (reason: string, until: string) => {
    const { id: archiveId } = archive
    const done =
      asking === 'hold'
        ? await hold.send({ archiveId, reason, ...(until ? { until: `${until}T00:00:00.000Z` } : {}) })
        : asking === 'accept'
          ? await accept.send({ archiveId, reason })
          : await forget.send({ archiveId, reason })
    if (done === null) return
    setAsking(null)
    if (asking === 'forget') onGone()
    await refresh()
  }
  return (
    <section aria-label="Marks" className="stack">
      {archive.suspect ? (
        <div className="note warn">
          <div>
            <p className="b">Suspect</p>
            <p>The State file looks torn, reset or shrunken. Accept the archive when this is how it should be.</p>
          </div>
        </div>
      ) : null}
      {archive.hold ? (
        <p className="hold">
          Held by {archive.hold.actor} since <Time iso={archive.hold.at} />: {archive.hold.reason}
          {archive.hold.until ? (
            <>
              , until <Time iso={archive.hold.until} />
            </>
          ) : null}
        </p>
      ) : null}
      <div className="fx wrap">
        {archive.hold ? (
          <button
            type="button"
            className="btn sm"
            disabled={!mayRelease || busy}
            title={mayRelease ? undefined : archive.kind === 'offload' ? 'Needs a lead: it may be the only copy' : why}
            onClick={() => void release.send({ archiveId: archive.id }).then(refresh)}
          >
            Release hold
          </button>
        ) : (
          <button type="button" className="btn sm" disabled={!may || busy} title={why} onClick={() => setAsking('hold')}>
            Hold archive
          </button>
        )}
        {archive.suspect ? (
          <button type="button" className="btn sm" disabled={!may || busy} title={why} onClick={() => setAsking('accept')}>
            Accept archive
          </button>
        ) : null}
        <button
          type="button"
          className="btn sm"
          disabled={!mayForget || busy}
          title={mayForget ? undefined : 'Your role may not forget archives'}
          onClick={() => setAsking('forget')}
        >
          Move to trash
        </button>
      </div>
      {release.error ? <ErrorNote error={release.error} /> : null}
      <Dialog isOpen={asking !== null} onClose={() => setAsking(null)} title={asking === null ? '' : DIALOG[asking].title}>
        {asking === null ? null : (
          <ReasonForm {...DIALOG[asking]} withDate={asking === 'hold'} busy={busy} onSend={(reason, until) => void mark(reason, until)} />
        )}
        {hold.error && asking === 'hold' ? <ErrorNote error={hold.error} /> : null}
        {accept.error && asking === 'accept' ? <ErrorNote error={accept.error} /> : null}
        {forget.error && asking === 'forget' ? <ErrorNote error={forget.error} /> : null}
      </Dialog>
    </section>
  )
}

interface ReasonProps {
  button: string
  explain: string | null
  withDate: boolean
  busy: boolean
  onSend: (reason: string, until: string) => void
}

function ReasonForm({ button, explain, withDate, busy, onSend }: ReasonProps) {
  const [reason, setReason] = useState('')
  const [until, setUntil] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSend(reason.trim(), until)
  }
  return (
    <form className="stack" onSubmit={submit}>
      {explain === null ? null : <p className="s">{explain}</p>}
      <label className="fld">
        <span>Reason</span>
        <input className="inp" value={reason} maxLength={500} required data-autofocus onChange={(event) => setReason(event.target.value)} />
      </label>
      {withDate ? (
        <label className="fld">
          <span>Until, if it should end by itself</span>
          <input className="inp" type="date" value={until} onChange={(event) => setUntil(event.target.value)} />
        </label>
      ) : null}
      <button type="submit" className="btn p" disabled={busy || reason.trim() === ''}>
        {button}
      </button>
    </form>
  )
}
