'use client'
import type { FormEvent } from 'react'
import { useRead } from '#lib/client/queries.ts'
import type { HostRequest } from '#lib/contracts/host.ts'
import type { WholeHostRequest } from '#lib/contracts/whole-host.ts'
import { Field, SelectField } from '../field.tsx'
import { CommandPopover } from '../parts.tsx'
import { filledMaps, PathMaps } from '../workspaces/path-maps.tsx'
import { hostCommand, wholeHostCommand } from './host-command.ts'
import { archiveAt, type HostDraft } from './host-draft.ts'
import { SourceChoice, SourceFields, useHostSource } from './host-source.tsx'
import '../settings/settings.css'

interface Props {
  form: HostDraft
  onForm(change: Partial<HostDraft>): void
  isBusy: boolean
  disabled: boolean
  onPlan: (request: HostRequest) => void
  onPlanWhole: (request: WholeHostRequest) => void
}

/** Where from, where to, and what paths outside the old root become. */
export function HostForm({ form, onForm, isBusy, disabled, onPlan, onPlanWhole }: Props) {
  const source = useHostSource(form, onForm)
  const { workspace, root, maps, rewriteConfig, roots, leaveOut, at } = form
  // An exported archive is of one workspace.
  const isWhole = form.isWhole && source.kind !== 'tar'
  const known = useRead('listWorkspaces', {}).data ?? []
  const asked = {
    ...(workspace === '' || source.kind === 'tar' ? {} : { workspace }),
    ...{ root: root.trim(), maps: filledMaps(maps), rewriteConfig, leaveOut: [], ignoreSpace: false },
  }
  const askedOfAll = {
    ...{ workspaces: [], roots, archive: archiveAt(at), maps: filledMaps(maps), rewriteConfig, leaveOut, ignoreSpace: false },
  }
  const plan = async (event: FormEvent) => {
    event.preventDefault()
    const settled = await source.settle()
    if (settled && isWhole) onPlanWhole({ source: settled, ...askedOfAll })
    else if (settled) onPlan({ source: settled, ...asked })
  }
  return (
    <form className="rform" aria-label="Where from and where to" onSubmit={(event) => void plan(event)}>
      <SourceChoice source={source} hasKnown={known.length > 0} />
      <SourceFields source={source} />
      {source.kind === 'tar' ? (
        <h2 className="h">Where to</h2>
      ) : (
        <WhatComesBack isWhole={isWhole} onWhole={(whole) => onForm({ isWhole: whole })} />
      )}
      {isWhole ? (
        <PointInTime at={at} onAt={(time) => onForm({ at: time })} />
      ) : (
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
            <SelectField
              label="Workspace, where there are several"
              value={workspace}
              options={{ '': 'Ask me', ...Object.fromEntries(known.map(({ id, name }) => [id, name])) }}
              onValue={(id) => onForm({ workspace: id })}
            />
          )}
        </div>
      )}
      <PathMaps maps={maps} suggested={[]} {...(isWhole ? { about: OF_ALL } : {})} onChange={(changed) => onForm({ maps: changed })} />
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
        <CommandPopover command={isWhole ? wholeHostCommand(source.options, askedOfAll) : hostCommand(source.options, asked)} />
        <span className="q">This takes the archives in, and writes nothing where they go yet.</span>
      </div>
    </form>
  )
}

const OF_ALL = {
  text: 'Only when something lies elsewhere here: it holds for all workspaces, for their roots and for the paths in their configs.',
  from: 'On the lost host',
}

/** From which archive each comes back: there may be a time after which nothing can be trusted. */
function PointInTime({ at, onAt }: { at: string; onAt(at: string): void }) {
  return (
    <Field
      label="As they were at a time (UTC); left empty, the newest known-good archive of each"
      type="datetime-local"
      className="inp when"
      value={at}
      hint="For when things went wrong before the host was lost: of each workspace, its newest archive from then or before."
      onText={onAt}
    />
  )
}

/** All that the host had, or one workspace of it. */
function WhatComesBack({ isWhole, onWhole }: { isWhole: boolean; onWhole(whole: boolean): void }) {
  return (
    <fieldset className="modes">
      <legend className="h">What comes back, and where to</legend>
      <label className="ck">
        <input type="radio" name="what" checked={isWhole} onChange={() => onWhole(true)} />
        <span>
          <b>All workspaces</b>{' '}
          <span className="q">Each to where it lay. The plan lets you leave some for later, and send them elsewhere.</span>
        </span>
      </label>
      <label className="ck">
        <input type="radio" name="what" checked={!isWhole} onChange={() => onWhole(false)} />
        <span>
          <b>One workspace</b>{' '}
          <span className="q">To a folder that you name, from an archive that you choose, with or without single items.</span>
        </span>
      </label>
    </fieldset>
  )
}
