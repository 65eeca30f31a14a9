'use client'
import { useRead } from '#lib/client/queries.ts'
import Link from '../link.tsx'
import { Findings } from '../parts.tsx'
import './runbooks.css'

/** The three disasters with what is known of each right now. */
export function RunbooksView({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const base = `/w/${workspaceId}`
  const { data } = useRead('risk', { workspace: workspaceId }, { staleTime: 30_000 })
  const verdict = data?.state?.verdict ?? null
  return (
    <div className="page">
      <h1>Runbooks</h1>
      <ul className="books">
        <li>
          <div>
            <h2>The state file is corrupt</h2>
            <p>It does not parse, was torn, reset or cut down. The damaged file is kept first; then the last good one takes its place.</p>
            <p className={verdict === null || verdict === 'fine' ? 'q' : 'warn'}>
              {verdict === null
                ? 'Looking at the live state…'
                : verdict === 'fine'
                  ? 'The live state is fine.'
                  : `The live state is ${verdict}.`}
            </p>
            {data?.state ? <Findings findings={data.state.findings} /> : null}
          </div>
          <Link className={verdict === null || verdict === 'fine' ? 'btn' : 'btn p'} href={`${base}/runbooks/state`}>
            Look at the state
          </Link>
        </li>
        <li>
          <div>
            <h2>The disk is full</h2>
            <p>Old logs and packs are archived, proven, and only then taken from the live disk; never the state or the config.</p>
          </div>
          <Link className="btn" href={`${base}/disk`}>
            See what takes space
          </Link>
        </li>
        <li>
          <div>
            <h2>The host is lost</h2>
            <p>
              On a new host, from a copy of the repository or one exported archive: the config comes back first, everything else goes where
              it says, then the orchestrator is started.
            </p>
          </div>
          <Link className="btn" href="/runbooks/host">
            Bring a host back
          </Link>
        </li>
      </ul>
    </div>
  )
}
