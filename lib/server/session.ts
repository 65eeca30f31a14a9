import 'server-only'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { cache } from 'react'
import { AppError } from '#lib/base/errors.ts'
import { ROLES, type Role } from '#lib/contracts/rights.ts'
import { contextFor, getContainer } from '#lib/runtime/container.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { getAuth } from './auth.ts'

/** The signed-in person of this request. */
export interface SignedIn {
  id: string
  name: string
  email: string
  role: Role
}

/** Who sent this request; null when nobody is signed in. Read once a request. */
export const currentPerson = cache(async (): Promise<SignedIn | null> => {
  const session = await getAuth().api.getSession({ headers: await headers() })
  if (!session) return null
  const role = ROLES.find((name) => name === session.user.role) ?? 'viewer'
  return { id: session.user.id, name: session.user.name, email: session.user.email, role }
})

/** Whether the first admin exists. */
export const isSetUp = (): boolean => getContainer().hasUsers()

/** The service context of the signed-in person; throws `not_signed_in`. For API routes and actions. */
export async function requireContext(): Promise<ServiceContext> {
  const person = await currentPerson()
  if (!person) throw new AppError('not_signed_in', { message: 'Nobody is signed in.', hint: 'Sign in and try again.' })
  return contextFor({ id: person.id, name: person.name, role: person.role, via: 'console' })
}

/** The signed-in person of a page; sends others to sign-in, or to set-up while there is nobody at all. */
export async function requirePage(): Promise<{ person: SignedIn; ctx: ServiceContext }> {
  const person = await currentPerson()
  if (!person) redirect(isSetUp() ? '/sign-in' : '/set-up')
  return { person, ctx: contextFor({ id: person.id, name: person.name, role: person.role, via: 'console' }) }
}
