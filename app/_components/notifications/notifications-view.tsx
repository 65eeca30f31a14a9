'use client'
import { useState } from 'react'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useFocusKept } from '#lib/client/use-focus-kept.ts'
import type { Channel, Delivery } from '#lib/contracts/notify.ts'
import { CommandPopover, ErrorNote, Reading, SectionHead, Time } from '../parts.tsx'
import { SettingsTabs } from '../settings/settings-tabs.tsx'
import { ChannelForm } from './channel-form.tsx'
import { ChannelRow } from './channel-row.tsx'
import { STATUS_WORDS } from './channel-words.ts'
import '../settings/settings.css'

/** Who is told what, and what was sent lately. */
export function NotificationsView() {
  const may = useMay('settings')
  return (
    <div className="page rsp">
      <div className="phead">
        <h1>Notifications</h1>
        <span className="sp" />
        <CommandPopover command="orchive notify list" />
      </div>
      <SettingsTabs />
      {may ? <Channels /> : <p className="empty">Who is told what is for admins to see and to change.</p>}
    </div>
  )
}

function Channels() {
  const { data, error, refetch } = useRead('notifications', {}, { refetchInterval: 15_000 })
  const [edited, setEdited] = useState<Channel['id'] | 'new' | null>(null)
  const list = useFocusKept()
  if (error) return <ErrorNote error={error} again={() => void refetch()} />
  if (!data) return <Reading rows={5} />
  const close = () => setEdited(null)
  return (
    <>
      <section ref={list} tabIndex={-1} aria-labelledby="channels">
        <SectionHead id="channels" title="Channels">
          <span className="sp" />
          <button type="button" className="btn p sm" disabled={edited === 'new'} onClick={() => setEdited('new')}>
            Add channel
          </button>
        </SectionHead>
        {edited === 'new' ? <ChannelForm channel={null} onClose={close} /> : null}
        {data.channels.length === 0 && edited !== 'new' ? (
          <p className="empty">
            Nobody is told anything. A backup that fails or stays away is then seen only by whoever opens this console.
          </p>
        ) : null}
        {data.channels.map((channel) =>
          edited === channel.id ? (
            <ChannelForm key={channel.id} channel={channel} onClose={close} />
          ) : (
            <ChannelRow key={channel.id} channel={channel} onEdit={() => setEdited(channel.id)} />
          ),
        )}
      </section>
      <section aria-labelledby="deliveries">
        <SectionHead id="deliveries" title="Sent lately" aside="the newest 30" />
        {data.deliveries.length === 0 ? <p className="empty">Nothing yet.</p> : <Deliveries deliveries={data.deliveries} />}
      </section>
    </>
  )
}

function Deliveries({ deliveries }: { deliveries: Delivery[] }) {
  return (
    <div className="tw">
      <table className="dlv">
        <thead>
          <tr>
            <th scope="col">At (UTC)</th>
            <th scope="col">To</th>
            <th scope="col">What</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map(({ id, channel, event, status, error, attempts, nextTryAt, createdAt }) => (
            <tr key={id}>
              <td className="nw">
                <Time iso={createdAt} />
              </td>
              <td>{channel}</td>
              <td>
                {event.title}
                {error ? <p className="q">{error}</p> : null}
              </td>
              <td>
                <span className={STATUS_WORDS[status].tone}>{STATUS_WORDS[status].word}</span>
                {status === 'waiting' && nextTryAt ? (
                  <p className="q">
                    try {attempts + 1} <Time iso={nextTryAt} />
                  </p>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
