'use client'
import { IconFileImport } from '@tabler/icons-react'
import { useRouter } from 'next/navigation'
import { type FormEvent, useState } from 'react'
import { startImport } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import { Dialog } from '../dialog.tsx'
import { CommandPopover, ErrorNote, ICON } from '../parts.tsx'

interface Props {
  workspaceId: `ws_${string}`
  /** Its name, for the command. */
  workspace: string
}

/** Takes tar files of the host in: exports, and old backups of the stock script. For who may change settings: the path is one of the host. */
export function ImportButton({ workspaceId, workspace }: Props) {
  const may = useMay('settings')
  const router = useRouter()
  const [isOpen, setOpen] = useState(false)
  const [path, setPath] = useState('')
  const { send, busy, error, clear } = useAction(startImport)
  const close = () => {
    setOpen(false)
    clear()
  }
  const start = async (event: FormEvent) => {
    event.preventDefault()
    const started = await send({ workspaceId, path: path.trim() })
    if (started) router.push(`/w/${workspaceId}/jobs/${started.jobId}`)
  }
  if (!may) return null
  return (
    <>
      <button type="button" className="btn" onClick={() => setOpen(true)}>
        <IconFileImport {...ICON} />
        Import
      </button>
      <Dialog isOpen={isOpen} onClose={close} title="Import archives">
        <form className="stack" onSubmit={(event) => void start(event)}>
          <p>
            Exports of Orchive come back as the archives that they were. Other tar files, such as{' '}
            <span className="mono">orchestrator-*.tar.gz</span> of the stock backup script, are adopted into {workspace}: dated by their
            names, and reviewed by retention from then on.
          </p>
          <label className="fld">
            <span>A .tar, .tar.gz or .tar.zst file on the host, or a folder of them</span>
            <input
              className="inp mono"
              value={path}
              required
              pattern="/.*"
              placeholder="/backup/orchestrator"
              onChange={(event) => setPath(event.target.value)}
            />
          </label>
          <div className="phead">
            <button type="submit" className="btn p" disabled={busy}>
              Import
            </button>
            <button type="button" className="btn" onClick={close}>
              Cancel
            </button>
            <span className="sp" />
            <CommandPopover command={commandText(['orchive', 'import', path.trim() || '/backup/orchestrator', workspace])} />
          </div>
          {error ? <ErrorNote error={error} /> : null}
        </form>
      </Dialog>
    </>
  )
}
