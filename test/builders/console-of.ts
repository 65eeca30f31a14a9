import { type Clock, systemClock } from '#lib/base/clock.ts'
import { Container } from '#lib/runtime/container.ts'
import { readEnv } from '#lib/runtime/env.ts'
import type { ServiceContext } from '#lib/services/context.ts'

/** What a running console has of a home: its services' context, and a way to let go of it. */
export interface ConsoleOf {
  ctx: ServiceContext
  close(): void
}

/** Opens a home as the console does, on a clock of the test's own if one is given. */
export function consoleOf(home: string, clock: Clock = systemClock): ConsoleOf {
  const container = new Container({ ...readEnv({ home }), clock })
  return { ctx: container.contextFor({ id: null, name: 'Ada', role: 'operator', via: 'console' }), close: () => container.close() }
}
