import { z } from 'zod'
import { IsoTime, WorkspaceIdSchema } from './common.ts'
import { ROLES, TOKEN_SCOPES, WORKSPACE_ROLES } from './rights.ts'

export const PersonIdSchema = z.string().min(1).max(64)
export const InvitationIdSchema = z.templateLiteral(['inv_', z.string().regex(/^[0-9a-f]{16}$/)])
export const ApiTokenIdSchema = z.templateLiteral(['tok_', z.string().regex(/^[0-9a-f]{16}$/)])
const Name = z.string().trim().min(1, 'is missing').max(120)
const Email = z.email('is not an e-mail address').max(200)
const Password = z.string().min(10, 'needs 10 characters or more').max(256)

/** Where somebody has which role. */
export const AccessSchema = z.object({
  role: z.enum(ROLES),
  /** Whether the role counts in every workspace that is not named; else only in those named. An admin is one everywhere. */
  everywhere: z.boolean(),
  workspaces: z.array(z.object({ workspaceId: WorkspaceIdSchema, role: z.enum(WORKSPACE_ROLES) })).max(1000),
})
export type AccessInput = z.infer<typeof AccessSchema>

export const PersonSchema = AccessSchema.extend({
  id: PersonIdSchema,
  name: z.string(),
  email: z.string(),
  createdAt: IsoTime,
  disabledAt: IsoTime.nullable(),
  lastSeenAt: IsoTime.nullable(),
  /** Whether a code is asked for after the password. */
  twoStep: z.boolean(),
  /** False for who only comes by a provider. */
  hasPassword: z.boolean(),
  /** The person who asks. */
  isYou: z.boolean(),
})
export type Person = z.infer<typeof PersonSchema>

export const InvitationSchema = z.object({
  id: z.string(),
  kind: z.enum(['invitation', 'password']),
  email: z.string(),
  access: AccessSchema,
  madeBy: z.string(),
  createdAt: IsoTime,
  expiresAt: IsoTime,
})
export type Invitation = z.infer<typeof InvitationSchema>

export const PeopleSchema = z.object({ people: z.array(PersonSchema), invitations: z.array(InvitationSchema) })
export type People = z.infer<typeof PeopleSchema>

/** Shown once. `path` is below the console's own address; what follows its # reaches no server by itself. */
export const OneTimeLinkSchema = z.object({ path: z.string(), expiresAt: IsoTime })
export type OneTimeLink = z.infer<typeof OneTimeLinkSchema>

export const InviteInput = z.object({ email: Email, access: AccessSchema })
export const ChangePersonInput = z.object({ person: PersonIdSchema, access: AccessSchema.optional(), disabled: z.boolean().optional() })
export const PersonInput = z.object({ person: PersonIdSchema })
export const InvitationInput = z.object({ invitation: InvitationIdSchema })

/** What the page of a one-time link asks, and what it sends. */
export const LookAtLinkInput = z.object({ token: z.string().min(1).max(200) })
export const LinkSightSchema = z.object({ kind: z.enum(['invitation', 'password']), email: z.string(), expiresAt: IsoTime })
export const UseLinkInput = LookAtLinkInput.extend({ name: Name.optional(), password: Password })

export const SessionSchema = z.object({
  id: z.string(),
  createdAt: IsoTime,
  lastSeenAt: IsoTime,
  expiresAt: IsoTime,
  address: z.string().nullable(),
  browser: z.string().nullable(),
  isCurrent: z.boolean(),
})
export type Session = z.infer<typeof SessionSchema>

export const ApiTokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.array(z.enum(TOKEN_SCOPES)),
  workspaceIds: z.array(WorkspaceIdSchema).nullable(),
  createdAt: IsoTime,
  expiresAt: IsoTime,
  lastUsedAt: IsoTime.nullable(),
})
export type ApiToken = z.infer<typeof ApiTokenSchema>

export const MakeTokenInput = z.object({
  name: z.string().trim().min(1, 'is missing').max(80),
  scope: z.array(z.enum(TOKEN_SCOPES)).min(1, 'names no right').max(TOKEN_SCOPES.length),
  workspaceIds: z.array(WorkspaceIdSchema).min(1).max(1000).nullable(),
  days: z.number().int().min(1).max(366),
})
/** The token itself, shown once. */
export const MadeTokenSchema = z.object({ token: z.string(), record: ApiTokenSchema })
export const TokenInput = z.object({ token: ApiTokenIdSchema })

/** The signed-in person's own things. */
export const AccountSchema = z.object({ person: PersonSchema, sessions: z.array(SessionSchema), tokens: z.array(ApiTokenSchema) })
export type Account = z.infer<typeof AccountSchema>
