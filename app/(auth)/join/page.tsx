import { JoinForm } from '../_components/join-form.tsx'

export const metadata = { title: 'Join' }

/** Where one-time links lead: a new account, or a new password. */
export default function JoinPage() {
  return <JoinForm />
}
