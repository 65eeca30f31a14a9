import { listInvitations, removeInvitation } from '#db/console/tables/invitations.ts'
import { getPerson, listPeople as listRecords, type PersonRecord, removeTwoStep, setAccess } from '#db/console/tables/people.ts'
import { endSessions } from '#db/console/tables/sessions.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { AccessInput, Invitation, People, Person } from '#lib/contracts/people.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'

const nowOf = (ctx: ServiceContext) => new Date(ctx.clock.realNowMs()).toISOString()

/** Everybody, and the links that are still open. */
export function listPeople(ctx: ServiceContext): People {
  requireRight(ctx, 'users')
  return {
    people: listRecords(ctx.consoleDb).map((person) => personOf(ctx, person)),
    invitations: listInvitations(ctx.consoleDb, nowOf(ctx)).map(({ userId: _, ...invitation }): Invitation => invitation),
  }
}

/** Changes what somebody may do, or whether they may sign in at all; counts from their next request on. The last admin stays. */
export function changePerson(
  ctx: ServiceContext,
  { person: id, access, disabled }: { person: string; access?: AccessInput | undefined; disabled?: boolean | undefined },
): Person {
  requireRight(ctx, 'users')
  const before = requirePerson(ctx, id)
  const { role, everywhere, workspaces } = access ? settled(ctx, access) : before
  const disabledAt = disabled === undefined ? before.disabledAt : disabled ? (before.disabledAt ?? nowOf(ctx)) : null
  if (!setAccess(ctx.consoleDb, id, { role, everywhere, workspaces }, disabledAt)) {
    throw new AppError('last_admin', {
      message: `${before.name} is the last admin.`,
      hint: 'Make somebody else an admin first.',
    })
  }
  if (disabledAt !== null) endSessions(ctx.consoleDb, id)
  record(ctx, 'person.change', { kind: 'person', id }, { email: before.email, role, everywhere, workspaces, disabled: disabledAt !== null })
  return personOf(ctx, requirePerson(ctx, id))
}

/** Takes the second step away from somebody who lost phone and recovery codes; they are signed out everywhere. */
export function endTwoStep(ctx: ServiceContext, { person: id }: { person: string }): Person {
  requireRight(ctx, 'users')
  const { email } = requirePerson(ctx, id)
  if (removeTwoStep(ctx.consoleDb, id)) {
    endSessions(ctx.consoleDb, id)
    record(ctx, 'person.two-step', { kind: 'person', id }, { email, on: false })
  }
  return personOf(ctx, requirePerson(ctx, id))
}

/** Takes back a link that nobody has used. */
export function withdrawInvitation(ctx: ServiceContext, { invitation: id }: { invitation: string }): People {
  requireRight(ctx, 'users')
  const found = listInvitations(ctx.consoleDb, nowOf(ctx)).find((one) => one.id === id)
  if (!found || !removeInvitation(ctx.consoleDb, id)) {
    throw new AppError('link_invalid', { message: 'This link was used, withdrawn, or is over.', hint: 'Read the list again.' })
  }
  record(ctx, 'invitation.withdraw', { kind: 'invitation', id }, { email: found.email })
  return listPeople(ctx)
}

/** The record of a person; throws `person_unknown`. */
export function requirePerson(ctx: ServiceContext, id: string): PersonRecord {
  const person = getPerson(ctx.consoleDb, id)
  if (person) return person
  throw new AppError('person_unknown', { message: `There is nobody with the id ${id}.`, hint: 'Read the list of people again.' })
}

/** As the console shows it. */
export function personOf(ctx: ServiceContext, person: PersonRecord): Person {
  return { ...person, isYou: person.id === ctx.actor.id }
}

/** What is asked for, without roles that say nothing; throws `workspace_unknown`. An admin is one everywhere. */
export function settled(ctx: ServiceContext, access: AccessInput): AccessInput {
  if (access.role === 'admin') return { role: 'admin', everywhere: true, workspaces: [] }
  const roles = new Map(access.workspaces.map((one) => [requireWorkspace(ctx.consoleDb, one.workspaceId).id, one.role]))
  return { ...access, workspaces: [...roles].map(([workspaceId, role]) => ({ workspaceId, role })) }
}
