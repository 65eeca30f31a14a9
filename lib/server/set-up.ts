import 'server-only'
import { SetUpInput } from '#lib/contracts/other-endpoints.ts'
import { contextFor } from '#lib/runtime/container.ts'
import { record } from '#lib/services/audit/record.ts'
import { claimSetupToken } from '#lib/services/people/set-up.ts'
import { createUser } from './auth.ts'
import { assertSameOrigin, errorResponse, readInput } from './request.ts'

/** Creates the first admin for whoever holds the one-time token. */
export async function setUpResponse(request: Request, context: { params: Promise<Record<string, string>> }): Promise<Response> {
  try {
    assertSameOrigin(request)
    const { token, ...person } = await readInput(SetUpInput, request, context)
    const ctx = contextFor({ id: null, name: person.name, role: 'admin', via: 'console' })
    claimSetupToken(ctx, token)
    const id = await createUser({ ...person, role: 'admin' })
    record(ctx, 'person.create', { kind: 'person', id }, { email: person.email, role: 'admin' })
    return Response.json({ id }, { status: 201 })
  } catch (error) {
    return errorResponse(error)
  }
}
