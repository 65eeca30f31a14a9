import 'server-only'
import { z } from 'zod'
import { getPerson, setAccess } from '#db/console/tables/people.ts'
import { LookAtLinkInput, UseLinkInput } from '#lib/contracts/people.ts'
import type { Role } from '#lib/contracts/rights.ts'
import { contextFor } from '#lib/runtime/container.ts'
import { record } from '#lib/services/audit/record.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { lookAtLink, spendLink } from '#lib/services/people/links.ts'
import { createUser, replacePassword } from './auth.ts'
import { clientAddress } from './client-address.ts'
import { assertSameOrigin, errorResponse, readInput } from './request.ts'

type RouteContext = { params: Promise<Record<string, string>> }

/** Whoever holds a link is nobody yet. */
const contextOf = (request: Request, name: string, role: Role = 'viewer'): ServiceContext =>
  contextFor({ id: null, name, role, via: 'console', address: clientAddress(request.headers) })

/** What a one-time link is for; it stays good. */
export async function lookAtLinkResponse(request: Request, context: RouteContext): Promise<Response> {
  try {
    assertSameOrigin(request)
    const { token } = await readInput(LookAtLinkInput, request, context)
    const { kind, email, expiresAt } = lookAtLink(contextOf(request, 'unknown'), token)
    return Response.json({ kind, email, expiresAt }, { headers: { 'Cache-Control': 'no-store' } })
  } catch (error) {
    return errorResponse(error)
  }
}

/** Makes the account that a link invites to, or sets the password that it is for. Works once. */
export async function useLinkResponse(request: Request, context: RouteContext): Promise<Response> {
  try {
    assertSameOrigin(request)
    const { token, name, password } = await readInput(UseLinkInput, request, context)
    const { kind } = lookAtLink(contextOf(request, 'unknown'), token)
    // Looked at before the link is spent, or a forgotten name would cost it.
    const given = kind === 'invitation' ? z.object({ name: z.string({ error: 'is missing' }) }).parse({ name }) : null
    const link = spendLink(contextOf(request, 'unknown'), token)
    const id = link.userId ?? (await createUser({ name: given!.name, email: link.email, password, role: link.access.role }))
    const ctx = contextOf(request, given?.name ?? getPerson(contextOf(request, '').consoleDb, id)?.name ?? link.email, link.access.role)
    if (link.userId === null) setAccess(ctx.consoleDb, id, link.access, null)
    else await replacePassword(id, password)
    record(ctx, link.userId === null ? 'person.create' : 'person.password', { kind: 'person', id }, { email: link.email, link: link.id })
    return Response.json({ email: link.email }, { status: 201, headers: { 'Cache-Control': 'no-store' } })
  } catch (error) {
    return errorResponse(error)
  }
}
