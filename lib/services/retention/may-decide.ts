import type { ProposalRecord } from '#db/console/tables/proposals.ts'
import type { Proposal } from '#lib/contracts/retention.ts'
import { RIGHTS_OF } from '#lib/contracts/rights.ts'
import type { Actor } from '../context.ts'

/** Whether two are one person: by account; a name counts, too, since somebody at the shell of the host has no account. */
export function isSamePerson(a: { id: string | null; name: string }, b: { id: string | null; name: string }): boolean {
  return (a.id !== null && a.id === b.id) || a.name.toLowerCase() === b.name.toLowerCase()
}

/** What an actor may do about a proposal, and if not, why. */
export function mayDecide(actor: Actor, proposal: ProposalRecord, needsSecond: boolean): Proposal['may'] {
  const nothing = { approve: false, breakGlass: false, reject: false }
  if (proposal.status !== 'open') return { ...nothing, why: `It is ${proposal.status}.` }
  if (!RIGHTS_OF[actor.role].includes('approve')) return { ...nothing, why: 'Needs a lead.' }
  const isOwn = isSamePerson(actor, { id: proposal.proposedById, name: proposal.proposedBy })
  if (!needsSecond || !isOwn) return { approve: true, breakGlass: false, reject: true, why: null }
  return { approve: false, breakGlass: true, reject: true, why: 'You proposed it, and this workspace asks for a second person.' }
}
