import type { ReactNode } from 'react'
import classes from './auth.module.css'

/** Sign-in and set-up: one quiet column. */
export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <p className={classes.brand}>Orchive</p>
        {children}
      </div>
    </main>
  )
}
