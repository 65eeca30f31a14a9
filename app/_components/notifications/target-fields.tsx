'use client'
import type { Channel } from '#lib/contracts/notify.ts'
import type { ChannelDraft } from './channel-draft.ts'
import type { SetDraft } from './channel-form.tsx'

interface TargetProps {
  draft: ChannelDraft
  set: SetDraft
  /** The saved one; null = it is new. */
  channel: Channel | null
}

/** To whom a channel sends, by its kind. */
export function TargetFields({ draft, set, channel }: TargetProps) {
  if (draft.kind === 'email') return <EmailFields draft={draft} set={set} channel={channel} />
  return (
    <div className="s3">
      <label className="fld">
        <span>Address{channel ? ` (empty = ${channel.target} stays)` : ''}</span>
        <input
          className="inp mono"
          type="url"
          required={channel === null}
          autoComplete="off"
          placeholder={PLACEHOLDERS[draft.kind]}
          value={draft.url}
          onChange={(event) => set({ url: event.target.value })}
        />
        <small>Kept secret: of it only the host is shown again.</small>
      </label>
      {draft.kind === 'webhook' ? (
        <label className="fld">
          <span>Signing key{channel?.hasSigningKey ? ' (empty = stays)' : ' (empty = not signed)'}</span>
          <input
            className="inp mono"
            type="password"
            minLength={16}
            autoComplete="new-password"
            value={draft.signingKey}
            onChange={(event) => set({ signingKey: event.target.value })}
          />
          <small>HMAC-SHA256 over time and body, in X-Orchive-Signature.</small>
        </label>
      ) : null}
      {draft.kind === 'ping' ? (
        <label className="fld">
          <span>Every so many minutes</span>
          <input
            className="inp"
            type="number"
            min={1}
            max={1440}
            required
            value={draft.everyMinutes}
            onChange={(event) => set({ everyMinutes: event.target.value })}
          />
        </label>
      ) : null}
    </div>
  )
}

const PLACEHOLDERS = {
  webhook: 'https://pager.example.org/hooks/orchive',
  slack: 'https://hooks.slack.com/services/…',
  ping: 'https://hc-ping.com/…',
} as const

function EmailFields({ draft, set, channel }: TargetProps) {
  return (
    <div className="s3">
      <label className="fld">
        <span>To (several by commas)</span>
        <input
          className="inp"
          required
          value={draft.to}
          placeholder="ops@example.org"
          onChange={(event) => set({ to: event.target.value })}
        />
      </label>
      <label className="fld">
        <span>From</span>
        <input
          className="inp"
          type="email"
          required
          value={draft.from}
          placeholder="orchive@example.org"
          onChange={(event) => set({ from: event.target.value })}
        />
      </label>
      <label className="fld">
        <span>SMTP server</span>
        <input
          className="inp"
          required
          value={draft.host}
          placeholder="smtp.example.org"
          onChange={(event) => set({ host: event.target.value })}
        />
      </label>
      <label className="fld">
        <span>Port</span>
        <input
          className="inp"
          type="number"
          min={1}
          max={65535}
          required
          value={draft.port}
          onChange={(event) => set({ port: event.target.value })}
        />
      </label>
      <label className="fld">
        <span>Encryption</span>
        <select
          className="inp"
          value={draft.security}
          onChange={(event) => set({ security: event.target.value as ChannelDraft['security'] })}
        >
          <option value="starttls">STARTTLS, required</option>
          <option value="tls">TLS from the start</option>
          <option value="none">none: a password goes in the clear</option>
        </select>
      </label>
      <label className="fld">
        <span>User (empty = none)</span>
        <input className="inp" autoComplete="off" value={draft.user} onChange={(event) => set({ user: event.target.value })} />
      </label>
      <label className="fld">
        <span>Password{channel?.hasPassword ? ' (empty = stays)' : ''}</span>
        <input
          className="inp"
          type="password"
          autoComplete="new-password"
          value={draft.password}
          onChange={(event) => set({ password: event.target.value })}
        />
      </label>
    </div>
  )
}
