'use client'
import type { FormEvent } from 'react'
import { commandText } from '#lib/base/command-text.ts'
import { mapText } from '#lib/base/map-text.ts'
import { useRead } from '#lib/client/queries.ts'
import type { HostRequest } from '#lib/contracts/host.ts'
import { Field } from '../field.tsx'
import { CommandPopover } from '../parts.tsx'
import { filledMaps, PathMaps } from '../workspaces/path-maps.tsx'
import type { HostDraft } from './host-draft.ts'
import { SourceChoice, SourceFields, useHostSource } from './host-source.tsx'
import '../settings/settings.css'

interface Props {
  form: HostDraft
  onForm(change: Partial<HostDraft>): void
  isBusy: boolean
  disabled: boolean
  onPlan: (request: HostRequest) => void
}

/** Where from, where to, and what paths outside the old root become. */
export function HostForm({ form, onForm, isBusy, disabled, onPlan }: Props) {
  const source = useHostSource(form, onForm)
  const { workspace, root, maps, rewriteConfig } = form
  const known = useRead('listWorkspaces', {}).data ?? []
  const asked = {
    ...(workspace === '' || source.kind === 'tar' ? {} : { workspace }),
    ...{ root: root.trim(), maps: filledMaps(maps), rewriteConfig, leaveOut: [] },
  }
  const plan = async (event: FormEvent) => {
    event.preventDefault()
    const settled = await source.settle()
    if (settled) onPlan({ source: settled, ...asked })
  }
  return (
    <form className="rform" aria-label="Where from and where to" onSubmit={(event) => void plan(event)}>
      <SourceChoice source={source} hasKnown={known.length > 0} />
      <SourceFields source={source} />
      <h2 className="h">Where to</h2>
      <div className="two even">
        <Field
          label="New root folder; absent or empty"
          className="inp mono"
          required
          pattern="\s*/.*"
          value={root}
          placeholder="/opt/orchestrator"
          onText={(text) => onForm({ root: text })}
        />
        {source.kind === 'tar' || known.length < 2 ? null : (
          <label className="fld">
            <span>Workspace, where there are several</span>
            <select className="inp" value={workspace} onChange={(event) => onForm({ workspace: event.target.value })}>
              <option value="">Ask me</option>
              {known.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <PathMaps maps={maps} suggested={[]} onChange={(changed) => onForm({ maps: changed })} />
      <label className="ck">
        <input type="checkbox" checked={rewriteConfig} onChange={(event) => onForm({ rewriteConfig: event.target.checked })} />
        <span>
          Write the new paths into the config <span className="q">Else it stays as it was archived, and path maps stand in.</span>
        </span>
      </label>
      <div className="fx wrap">
        <button type="submit" className="btn p lg" disabled={disabled || isBusy || source.isLooking}>
          {isBusy || source.isLooking ? 'Planning…' : 'Show the plan'}
        </button>
        <CommandPopover command={hostCommand(source.options, asked)} />
        <span className="q">This takes the archives in, and writes nothing to the new root yet.</span>
      </div>
    </form>
  )
}

/** What somebody would type for the same; `from` = the options that name where it comes from. */
export function hostCommand(
  from: readonly string[],
  { workspace, archive, root, maps, rewriteConfig, leaveOut }: Omit<HostRequest, 'source'>,
): string {
  return commandText([
    ...['orchive', 'recover', 'host', ...from],
    ...(workspace ? ['--workspace', workspace] : []),
    ...(archive ? ['--archive', archive] : []),
    ...['--root', root || 'DIR'],
    ...maps.flatMap((map) => ['--map', mapText(map)]),
    ...(rewriteConfig ? ['--rewrite-config'] : []),
    ...leaveOut.flatMap((key) => ['--leave-out', key]),
  ])
}
