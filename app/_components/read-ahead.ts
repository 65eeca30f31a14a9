import 'server-only'
import { type DehydratedState, dehydrate, QueryClient } from '@tanstack/react-query'
import type { InputOf, OutputOf } from '#lib/client/api.ts'
import { keyOf } from '#lib/client/key-of.ts'
import type { EndpointName } from '#lib/contracts/addresses.ts'
import { performer } from '#lib/server/api/performer.ts'
import { currentActor } from '#lib/server/session.ts'

/** What a browser asks for by itself, once it can show the rest. */
const MOST_CHARACTERS = 300_000

/** Reads that a page comes with, so that its first picture already has them: the same calls that the browser would make, with the same rights. */
export class ReadAhead {
  readonly #client = new QueryClient()

  /** Reads for the page; null where that fails or is too much, which the page then finds out by itself. */
  async read<N extends EndpointName>(name: N, input: InputOf<N>): Promise<OutputOf<N> | null> {
    const actor = await currentActor()
    if (!actor) return null
    const perform = await performer()
    const call = { name, actor, raw: input as Record<string, unknown>, once: null }
    const { status, body } = await perform(call, new AbortController().signal)
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
    if (status !== 200 || text.length > MOST_CHARACTERS) return null
    const data = JSON.parse(text) as OutputOf<N>
    this.#client.setQueryData(keyOf(name, input), data)
    return data
  }

  /** All that was read, for `Ahead`. */
  state(): DehydratedState {
    return dehydrate(this.#client)
  }
}
