import 'server-only'
import { jobFeed, jobRevision } from '#lib/services/jobs/read-jobs.ts'
import { errorResponse } from './handler.ts'
import { contextAbout, requireActor } from './session.ts'
import { stopping } from './stopping.ts'

const POLL_MS = 500
/** Proxies close what is silent for a minute. */
const KEEP_ALIVE_MS = 20_000

/** Jobs as server-sent events: everything on connect, and again after each change, at most twice a second, until the reader goes or the console stops. */
export async function jobEventsResponse(request: Request): Promise<Response> {
  try {
    let ctx = contextAbout(await requireActor(request), null)
    const encoder = new TextEncoder()
    let timer: NodeJS.Timeout | undefined
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        let seen = -1
        let quietMs = 0
        const tell = (revision: number) => {
          if (revision !== seen) controller.enqueue(encoder.encode(`id: ${revision}\ndata: ${JSON.stringify(jobFeed(ctx))}\n\n`))
          else controller.enqueue(encoder.encode(': still here\n\n'))
          seen = revision
          quietMs = 0
        }
        let isAsking = false
        const look = async () => {
          quietMs += POLL_MS
          const revision = jobRevision(ctx)
          if (isAsking || (revision === seen && quietMs < KEEP_ALIVE_MS)) return
          isAsking = true
          try {
            // Whoever was signed out, or has another role now, hears no more than that.
            ctx = contextAbout(await requireActor(request), null)
            tell(revision)
          } catch {
            end()
          } finally {
            isAsking = false
          }
        }
        tell(jobRevision(ctx))
        timer = setInterval(() => void look(), POLL_MS)
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
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
    })
  } catch (error) {
    return errorResponse(error)
  }
}
