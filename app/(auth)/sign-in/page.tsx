import { redirect } from 'next/navigation'
import { ownPage, type SignInProblem } from '#lib/contracts/sign-in.ts'
import { isSetUp, isSignedIn, offeredProvider } from '#lib/server/session.ts'
import { SignInForm } from '../_components/sign-in-form.tsx'
import classes from '../auth.module.css'

export const metadata = { title: 'Sign in' }

const PROBLEMS: Record<SignInProblem, string> = {
  unreachable: 'The provider does not answer. Sign in with a password, or try again later.',
  refused: 'The provider did not let you in, or you turned back.',
  over: 'This took too long, or was begun in another browser. Try again.',
  unverified: 'The provider does not vouch for your e-mail address. Confirm it there first.',
  domain: 'Addresses of this domain may not sign in here. Use the account of your work.',
  uninvited: 'Nobody invited this address yet. Ask an admin of this console.',
  taken: 'The account of this address belongs to somebody else at the provider. Ask an admin.',
  disabled: 'This account may not sign in any more. Ask an admin.',
  failed: 'Sign-in with the provider failed. The server log has the details.',
}

export default async function SignInPage({ searchParams }: { searchParams: Promise<{ problem?: string; again?: string }> }) {
  if (!isSetUp()) redirect('/set-up')
  const { problem, again } = await searchParams
  const back = ownPage(again)
  const isIn = await isSignedIn()
  if (back === null && isIn) redirect('/')
  const provider = offeredProvider()
  const words = problem === undefined ? null : (PROBLEMS[problem as SignInProblem] ?? PROBLEMS.failed)
  return (
    <>
      <h1 className={classes.title}>Sign in</h1>
      <p className={classes.lead}>
        {back === null
          ? 'Accounts are made by an admin of this console.'
          : isIn
            ? 'What you are about to do asks for more than an open browser.'
            : 'Then you go on to the page that you asked for.'}
      </p>
      {words ? (
        <p className={`${classes.error} ${classes.above}`} role="alert">
          {words}
        </p>
      ) : null}
      <SignInForm next={back ?? '/'} />
      {provider ? (
        <>
          <p className={classes.or}>or</p>
          <a className={classes.provider} href={`/api/auth/provider/start${back === null ? '' : `?again=${encodeURIComponent(back)}`}`}>
            Sign in with {provider.label}
          </a>
        </>
      ) : null}
    </>
  )
}
