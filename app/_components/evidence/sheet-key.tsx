'use client'
import { useState } from 'react'
import { addRepositoryKey } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import { SectionHead } from '../parts.tsx'
import { KeyError } from '../repository/key-error.tsx'

/**
 * The part of the sheet that opens an encrypted repository. Recovery keys are kept nowhere, so a sheet with one gets a key of its own, made on demand: it can be
 * revoked alone when the paper is lost.
 */
export function SheetKey({ path, generatedAt }: { path: string; generatedAt: string }) {
  const may = useMay('settings')
  const [isAsking, setAsking] = useState(false)
  const [key, setKey] = useState<{ recoveryKey: string; slotId: string } | null>(null)
  const { send, busy, error } = useAction(addRepositoryKey)
  const reveal = async () => {
    const added = await send({ repositoryPath: path, label: `recovery sheet of ${generatedAt.slice(0, 10)}` })
    if (added?.recoveryKey) setKey({ recoveryKey: added.recoveryKey, slotId: added.slotId })
  }
  return (
    <section aria-labelledby="rs-key">
      <SectionHead id="rs-key" title="Key" aside="the archives are encrypted" />
      {key ? (
        <>
          <code className="mono sheetkey">{key.recoveryKey}</code>
          <p>
            Whoever has this paper can open every archive. It is shown until you leave this page, and kept nowhere else. When the paper is
            lost, revoke <span className="mono">{key.slotId}</span>.
          </p>
        </>
      ) : (
        <>
          <p>
            A recovery key, a passphrase, or the key file of this host.{' '}
            <span className="noprint">This sheet can have a key of its own.</span>
          </p>
          {may ? (
            <div className="noprint stack">
              {isAsking ? (
                <div className="fx wrap">
                  <button type="button" className="btn d" disabled={busy} onClick={() => void reveal()}>
                    Make a key and show it here
                  </button>
                  <button type="button" className="btn" onClick={() => setAsking(false)}>
                    Without a key
                  </button>
                </div>
              ) : (
                <button type="button" className="btn" onClick={() => setAsking(true)}>
                  Put a key on this sheet
                </button>
              )}
              {isAsking && !error ? (
                <p className="q">It will be on the screen and on the paper, and the audit log says that you made it.</p>
              ) : null}
              <KeyError error={error} />
            </div>
          ) : null}
        </>
      )}
    </section>
  )
}
