import { contextFor } from '#lib/runtime/container.ts'
import type { Actor, ServiceContext } from '#lib/services/context.ts'
import { actorAbout } from '#lib/services/people/actor-about.ts'

/** The context of somebody for one parsed input. */
export const contextAbout = (actor: Actor, input: unknown): ServiceContext => contextFor(actorAbout(contextFor(actor), input))
