import Link from '#app/_components/link.tsx'

/** What an address within the console shows when nothing is there, or not any more. */
export default function NotFound() {
  return (
    <div className="page">
      <div className="stack">
        <h1>Nothing is at this address</h1>
        <p className="s">The workspace, archive or job that it names is not known here.</p>
      </div>
      <p>
        <Link className="btn" href="/">
          Go to the overview
        </Link>
      </p>
    </div>
  )
}
