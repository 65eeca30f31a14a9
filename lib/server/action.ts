import 'server-only'
import { revalidatePath } from 'next/cache'
import { unstable_rethrow } from 'next/navigation'
import type { z } from 'zod'
import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { requireRight } from '#lib/services/authorise.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { toErrorBody } from './failure.ts'
import { requireContext } from './session.ts'

/** What a server action gives back: expected errors are returned, never thrown. */
export type ActionResult<T> = { ok: true; data: T } | { ok: false; error: { code: string; message: string; hint: string } }

/**
 * Makes a server action of a service verb: session → context, parse, right, run, revalidate, error → result. The right is that of the endpoint which
 * does the same, and is asked for before anything is looked up; the verb judges again, and more closely, and audits.
 */
export function action<S extends z.ZodType, T>(
  name: keyof typeof ENDPOINTS,
  input: S,
  verb: (ctx: ServiceContext, input: z.output<S>) => Promise<T> | T,
) {
  return async function run(raw: z.input<S>): Promise<ActionResult<T>> {
    try {
      const given = input.parse(raw)
      const ctx = await requireContext(given)
      requireRight(ctx, ENDPOINTS[name].right)
      const data = await verb(ctx, given)
      revalidatePath('/', 'layout')
      return { ok: true, data }
    } catch (error) {
      unstable_rethrow(error)
      const { body } = toErrorBody(error)
      return { ok: false, error: { code: body.code, message: body.message, hint: body.hint } }
    }
  }
}
