import { redirect } from 'next/navigation'
import { isSetUp, isSignedIn } from '#lib/server/session.ts'
import { SignInForm } from '../_components/sign-in-form.tsx'
import classes from '../auth.module.css'

export const metadata = { title: 'Sign in' }

export default async function SignInPage() {
  if (!isSetUp()) redirect('/set-up')
  if (await isSignedIn()) redirect('/')
  return (
    <>
      <h1 className={classes.title}>Sign in</h1>
      <p className={classes.lead}>Accounts are made by an admin of this console.</p>
      <SignInForm />
    </>
  )
}
