import type { PersonRecord } from '#db/console/tables/people.ts'
import { TOKEN_SCOPES } from '#lib/contracts/rights.ts'
import type { Actor, Standing } from '../context.ts'

/** The part that a token leaves of what its owner may do. */
export type TokenPart = Pick<Standing, 'scope' | 'only'>

/** A person, or a program with a token of theirs, as who asks. */
export function actorOf(
  person: PersonRecord,
  address: string | null,
  token: (TokenPart & { name: string }) | null = null,
  signedInMs?: number,
): Actor {
  return {
    id: person.id,
    name: token ? `${person.name} (token ${token.name})` : person.name,
    role: person.role,
    via: token ? 'api' : 'console',
    address,
    ...(signedInMs === undefined ? {} : { signedInMs }),
    standing: {
      everywhere: person.everywhere,
      inWorkspaces: new Map(person.workspaces.map(({ workspaceId, role }) => [workspaceId, role])),
      scope: token ? (token.scope ?? TOKEN_SCOPES) : null,
      only: token?.only ?? null,
    },
  }
}
