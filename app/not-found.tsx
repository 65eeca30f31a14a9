import Link from '#app/_components/link.tsx'
import classes from './(auth)/auth.module.css'

/** What an unknown address shows. */
export default function NotFound() {
  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <p className={classes.brand}>Orchive</p>
        <h1 className={classes.title}>Nothing is at this address</h1>
        <p className={classes.lead}>The page may have moved, or the address was cut short.</p>
        <Link className="btn" href="/">
          Go to the overview
        </Link>
      </div>
    </main>
  )
}
