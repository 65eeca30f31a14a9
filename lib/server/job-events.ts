import 'server-only'
import { getContainer } from '#lib/runtime/container.ts'
import { requireRight } from '#lib/services/authorise.ts'
import type { Actor } from '#lib/services/context.ts'
import { jobFeed, jobRevision } from '#lib/services/jobs/read-jobs.ts'
import { whoSends } from './actor.ts'
import { contextAbout } from './context-about.ts'
import { errorResponse } from './request.ts'
import { stopping } from './stopping.ts'
import { inTurns } from './turns.ts'

const POLL_MS = 500
/** Proxies close what is silent for a minute. */
const KEEP_ALIVE_MS = 20_000

const encoder = new TextEncoder()
const STILL_HERE = encoder.encode(': still here\n\n')

/** Somebody who follows jobs. */
interface Listener {
  /** Tells what is new to them; ends when they may not hear it any more. */
  look(revision: number): void
  end(): void
}

/** Everybody who listens is looked after by one timer, which runs while there is somebody. */
const listeners = new Set<Listener>()
let isLooking = false

async function lookAfterAll(): Promise<void> {
  try {
    const revision = jobRevision(getContainer())
    await inTurns(listeners, (listener) => listener.look(revision))
  } catch {
    // The database cannot be read: browsers connect again, and hear why.
    for (const listener of listeners) listener.end()
  }
  isLooking = listeners.size > 0
  if (isLooking) setTimeout(lookAfterAll, POLL_MS)
}

function join(listener: Listener): void {
  listeners.add(listener)
  if (!isLooking) setTimeout(lookAfterAll, POLL_MS)
  isLooking = true
}

let feed: { revision: number; messages: Map<string, Uint8Array> } = { revision: -1, messages: new Map() }

/** The feed for somebody as a message, made once for all who see the same. */
function feedMessage(actor: Actor, revision: number): Uint8Array {
  if (feed.revision !== revision) feed = { revision, messages: new Map() }
  const { role, standing } = actor
  const key = JSON.stringify([role, standing ? { ...standing, inWorkspaces: [...standing.inWorkspaces] } : null])
  const message =
    feed.messages.get(key) ?? encoder.encode(`id: ${revision}\ndata: ${JSON.stringify(jobFeed(contextAbout(actor, null)))}\n\n`)
  feed.messages.set(key, message)
  return message
}

/** Jobs as server-sent events: everything on connect, and again after each change, at most twice a second, until the reader goes or the console stops. */
export async function jobEventsResponse(request: Request): Promise<Response> {
  try {
    const { actorNow } = await whoSends(request)
    requireRight(contextAbout(actorNow(), null), 'list')
    return new Response(eventsFor(actorNow, AbortSignal.any([request.signal, stopping()])), {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' },
    })
  } catch (error) {
    return errorResponse(error)
  }
}

function eventsFor(actorNow: () => Actor, over: AbortSignal): ReadableStream<Uint8Array> {
  let listener: Listener
  return new ReadableStream<Uint8Array>({
    start(controller) {
      listener = listenerOn(controller, actorNow)
      listener.look(jobRevision(getContainer()))
      if (over.aborted) return listener.end()
      join(listener)
      over.addEventListener('abort', () => listener.end(), { once: true })
    },
    cancel: () => void listeners.delete(listener),
  })
}

function listenerOn(controller: ReadableStreamDefaultController<Uint8Array>, actorNow: () => Actor): Listener {
  let seen = -1
  let toldMs = performance.now()
  const tell = (message: Uint8Array, revision: number) => {
    controller.enqueue(message)
    seen = revision
    toldMs = performance.now()
  }
  const end = () => {
    listeners.delete(listener)
    try {
      controller.close()
    } catch {
      // The reader closed it first.
    }
  }
  const look = (revision: number) => {
    try {
      // Whoever was signed out, or has another role now, hears no more than that.
      const actor = actorNow()
      // Who does not take what they were told is told the newest once they do: nothing piles up.
      if ((controller.desiredSize ?? 0) <= 0) return
      if (revision !== seen) tell(feedMessage(actor, revision), revision)
      else if (performance.now() - toldMs >= KEEP_ALIVE_MS) tell(STILL_HERE, revision)
    } catch {
      end()
    }
  }
  const listener = { look, end }
  return listener
}
