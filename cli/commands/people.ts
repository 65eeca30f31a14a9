import { AppError } from '#lib/base/errors.ts'
import { InviteInput, type OneTimeLink, type Person } from '#lib/contracts/people.ts'
import type { Role } from '#lib/contracts/rights.ts'
import { invite, makePasswordLink } from '#lib/services/people/links.ts'
import { endTwoStep, listPeople } from '#lib/services/people/people.ts'
import type { Run } from '../program.ts'
import { shortTime } from '../short-time.ts'
import { oneLine } from '../table.ts'

/** `people list` */
export function list({ ctx, out }: Run): void {
  const { people } = listPeople(ctx)
  if (out.isJson) return out.document(people)
  if (people.length === 0) return out.line('Nobody has an account yet. `orchive serve` prints a token for the first admin.')
  out.table(
    ['E-MAIL', 'NAME', 'ROLE', 'WHERE', 'TWO-STEP', 'LAST SEEN (UTC)'],
    people.map((one) => [
      oneLine(one.email),
      oneLine(one.name),
      one.disabledAt === null ? one.role : `${one.role}, may not sign in`,
      whereText(one),
      one.twoStep ? 'yes' : 'no',
      one.lastSeenAt === null ? '-' : shortTime(one.lastSeenAt),
    ]),
  )
}

const whereText = ({ everywhere, workspaces }: Person) =>
  [everywhere ? 'everywhere' : '', ...workspaces.map(({ workspaceId, role }) => `${workspaceId}: ${role}`)].filter(Boolean).join(', ')

/** `people invite EMAIL` */
export function inviteVerb(run: Run, args: string[], options: { role?: Role }): void {
  const access = { role: options.role ?? 'viewer', everywhere: true, workspaces: [] }
  const parsed = InviteInput.safeParse({ email: args[0], access })
  if (!parsed.success) throw new AppError('invalid_input', { message: `${args[0]} is not an e-mail address.`, hint: 'Nobody was invited.' })
  tellLink(run, invite(run.ctx, parsed.data))
}

/** `people password-link EMAIL` */
export function passwordLink(run: Run, args: string[]): void {
  tellLink(run, makePasswordLink(run.ctx, { person: named(run, args[0]!).id }))
}

/** `people end-two-step EMAIL` */
export function endSecondStep(run: Run, args: string[]): void {
  const before = named(run, args[0]!)
  const person = endTwoStep(run.ctx, { person: before.id })
  if (run.out.isJson) return run.out.document(person)
  run.out.said(before.twoStep ? `${person.name} signs in with the password alone.` : `${person.name} has no second step.`)
}

/** The console's own address is not known here. */
function tellLink({ out }: Run, link: OneTimeLink): void {
  if (out.isJson) return out.document(link)
  out.line(link.path)
  out.said(
    `Put the console’s address before it, e.g. http://127.0.0.1:7878${link.path}. It works once, until ${shortTime(link.expiresAt)} UTC.`,
  )
}

function named({ ctx }: Run, email: string): Person {
  const found = listPeople(ctx).people.find((one) => one.email.toLowerCase() === email.toLowerCase() || one.id === email)
  if (found) return found
  throw new AppError('person_unknown', { message: `Nobody signs in as ${email}.`, hint: 'See `orchive people list`.' })
}
