'use client'
import { createContext, type ReactNode, useContext } from 'react'
import { RIGHTS_OF, type Right, type Role } from '#lib/contracts/rights.ts'

/** Who is signed in, as the pages need to know it. */
export interface Person {
  name: string
  email: string
  role: Role
}

const PersonContext = createContext<Person>({ name: '', email: '', role: 'viewer' })

/** Tells the pages below who is signed in. */
export function PersonProvider({ person, children }: { person: Person; children: ReactNode }) {
  return <PersonContext value={person}>{children}</PersonContext>
}

export const usePerson = (): Person => useContext(PersonContext)

/** Whether the person may do this; the server decides again. */
export function useMay(right: Right): boolean {
  return RIGHTS_OF[usePerson().role].includes(right)
}
