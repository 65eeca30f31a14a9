import Link from 'next/link'

/** What an unknown address shows. */
export default function NotFound() {
  return (
    <main className="page">
      <h1>Nothing is at this address</h1>
      <p>
        <Link className="link" href="/">
          Go to the overview
        </Link>
      </p>
    </main>
  )
}
