'use client'
import { useQueryClient } from '@tanstack/react-query'
import { setRestoreRules } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import { ErrorNote } from '../parts.tsx'

/** Whether a second person has to agree before items of a workspace are replaced, and the switch. */
export function SecondPerson({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const may = useMay('settings')
  const client = useQueryClient()
  const { data, error } = useRead('restoreRules', { workspace: workspaceId })
  const saving = useAction(setRestoreRules)
  const isOn = data?.secondPerson === true
  const turn = async () => {
    if (await saving.send({ workspaceId, secondPerson: !isOn })) await client.invalidateQueries({ queryKey: ['restoreRules'] })
  }
  const failed = error ?? saving.error
  return (
    <>
      {data ? (isOn ? 'after a second person approved the plan' : 'by one person alone') : '-'}
      {may && data ? (
        <>
          {' · '}
          <button type="button" className="link" disabled={saving.busy} onClick={() => void turn()}>
            {isOn ? 'Do without a second person' : 'Ask for a second person'}
          </button>
        </>
      ) : null}
      {failed ? <ErrorNote error={failed} /> : null}
    </>
  )
}
