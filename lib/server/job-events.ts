import 'server-only'
import { contextFor } from '#lib/runtime/container.ts'
import type { Actor } from '#lib/services/context.ts'
import { jobFeed, jobRevision } from '#lib/services/jobs/read-jobs.ts'
import { errorResponse } from './handler.ts'
import { contextAbout, followActor } from './session.ts'
import { stopping } from './stopping.ts'

const POLL_MS = 500
/** Proxies close what is silent for a minute. */
const KEEP_ALIVE_MS = 20_000

let feed: { revision: number; texts: Map<string, string> } = { revision: -1, texts: new Map() }

/** The feed for somebody, made once for all who see the same. */
function feedText(actor: Actor, revision: number): string {
  if (feed.revision !== revision) feed = { revision, texts: new Map() }
  const { role, standing } = actor
  const key = JSON.stringify([role, standing ? { ...standing, inWorkspaces: [...standing.inWorkspaces] } : null])
  const text = feed.texts.get(key) ?? JSON.stringify(jobFeed(contextAbout(actor, null)))
  feed.texts.set(key, text)
  return text
}

/** Jobs as server-sent events: everything on connect, and again after each change, at most twice a second, until the reader goes or the console stops. */
export async function jobEventsResponse(request: Request): Promise<Response> {
  try {
    const actorNow = await followActor(request)
    const encoder = new TextEncoder()
    let timer: NodeJS.Timeout | undefined
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        let seen = -1
        let quietMs = 0
        const tell = (revision: number) => {
          // Whoever was signed out, or has another role now, hears no more than that.
          const actor = actorNow()
          if (revision !== seen) controller.enqueue(encoder.encode(`id: ${revision}\ndata: ${feedText(actor, revision)}\n\n`))
          else controller.enqueue(encoder.encode(': still here\n\n'))
          seen = revision
          quietMs = 0
        }
        const look = () => {
          quietMs += POLL_MS
          const revision = jobRevision(contextFor(actorNow()))
          if (revision !== seen || quietMs >= KEEP_ALIVE_MS) tell(revision)
        }
        const lookOrEnd = () => {
          try {
            look()
          } catch {
            end()
          }
        }
        tell(jobRevision(contextFor(actorNow())))
        timer = setInterval(lookOrEnd, POLL_MS)
        const over = AbortSignal.any([request.signal, stopping()])
        const end = () => {
          clearInterval(timer)
          try {
            controller.close()
          } catch {
            // The reader closed it first.
          }
        }
        if (over.aborted) end()
        else over.addEventListener('abort', end, { once: true })
      },
      cancel: () => clearInterval(timer),
    })
    return new Response(stream, {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' },
    })
  } catch (error) {
    return errorResponse(error)
  }
}
