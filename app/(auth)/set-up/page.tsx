import { redirect } from 'next/navigation'
import { connection } from 'next/server'
import { isSetUp } from '#lib/server/session.ts'
import { SetUpForm } from '../_components/set-up-form.tsx'
import classes from '../auth.module.css'

export const metadata = { title: 'Set up' }

export default async function SetUpPage() {
  await connection()
  if (isSetUp()) redirect('/sign-in')
  return (
    <>
      <h1 className={classes.title}>Create the first admin</h1>
      <p className={classes.lead}>The token proves that you can see this host’s terminal. It works once.</p>
      <SetUpForm />
    </>
  )
}
