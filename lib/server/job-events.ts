import type { IncomingMessage, ServerResponse } from 'node:http'
import { getContainer } from '#lib/runtime/container.ts'
import { requireRight } from '#lib/services/authorise.ts'
import type { Actor } from '#lib/services/context.ts'
import { jobFeed, jobRevision } from '#lib/services/jobs/read-jobs.ts'
import { whoSends } from './actor.ts'
import { contextAbout } from './context-about.ts'
import { errorResponse } from './request.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { sendResponse } from './send-response.ts'
import { stopping } from './stopping.ts'
import { inTurns } from './turns.ts'
import { requestOf } from './web-request.ts'

const POLL_MS = 500
/** Proxies close what is silent for a minute. */
const KEEP_ALIVE_MS = 20_000
const HEADERS = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' }

const encoder = new TextEncoder()
const STILL_HERE = encoder.encode(': still here\n\n')

/** Where somebody who follows jobs is told of them. */
interface Outlet {
  /** Whether what they were told before is on its way. */
  takesMore(): boolean
  tell(message: Uint8Array): void
  end(): void
}

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
    endAll()
  }
  isLooking = listeners.size > 0
  if (isLooking) setTimeout(lookAfterAll, POLL_MS)
}

function endAll(): void {
  for (const listener of listeners) listener.end()
}

function join(listener: Listener): void {
  listeners.add(listener)
  if (stopping().aborted) return listener.end()
  stopping().addEventListener('abort', endAll)
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

/** Tells somebody of jobs from now on: everything at once, and again after each change, at most twice a second, until they go or the console stops. Gives what ends it. */
function follow(outlet: Outlet, actorNow: () => Actor): () => void {
  let seen = -1
  let toldMs = performance.now()
  const tell = (message: Uint8Array, revision: number) => {
    outlet.tell(message)
    seen = revision
    toldMs = performance.now()
  }
  const look = (revision: number) => {
    try {
      // Whoever was signed out, or has another role now, hears no more than that.
      const actor = actorNow()
      // Who does not take what they were told is told the newest once they do: nothing piles up.
      if (!outlet.takesMore()) return
      if (revision !== seen) tell(feedMessage(actor, revision), revision)
      else if (performance.now() - toldMs >= KEEP_ALIVE_MS) tell(STILL_HERE, revision)
    } catch {
      end()
    }
  }
  const end = () => {
    if (listeners.delete(listener)) outlet.end()
  }
  const listener = { look, end }
  join(listener)
  if (listeners.has(listener)) look(jobRevision(getContainer()))
  return end
}

async function followerOf(request: Request): Promise<() => Actor> {
  const { actorNow } = await whoSends(request)
  requireRight(contextAbout(actorNow(), null), 'list')
  return actorNow
}

/** Jobs as server-sent events over HTTP. Two hundred who come back at once are to cost the event loop little, so nothing lies between the feed and the socket. */
export async function answerJobEvents(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  let actorNow: () => Actor
  try {
    actorNow = await followerOf(requestOf(incoming, outgoing))
  } catch (error) {
    return sendResponse(errorResponse(error), outgoing)
  }
  if (outgoing.destroyed) return
  setSecurityHeaders(outgoing)
  outgoing.writeHead(200, HEADERS)
  if (incoming.method === 'HEAD') return void outgoing.end()
  const end = follow(
    { takesMore: () => !outgoing.writableNeedDrain, tell: (message) => void outgoing.write(message), end: () => void outgoing.end() },
    actorNow,
  )
  outgoing.once('close', end)
}

/** The same where Next serves by itself (`npm run dev`). */
export async function jobEventsResponse(request: Request): Promise<Response> {
  try {
    const actorNow = await followerOf(request)
    let end: () => void
    const messages = new ReadableStream<Uint8Array>({
      start(controller) {
        const takesMore = () => (controller.desiredSize ?? 0) > 0
        end = follow({ takesMore, tell: (message) => controller.enqueue(message), end: () => controller.close() }, actorNow)
      },
      cancel: () => end(),
    })
    return new Response(messages, { headers: HEADERS })
  } catch (error) {
    return errorResponse(error)
  }
}
