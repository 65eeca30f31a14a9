import type { EndpointName, InputOf } from './api.ts'

/** The cache key of one read. */
export const keyOf = <N extends EndpointName>(name: N, input: InputOf<N>) => [name, input] as const
