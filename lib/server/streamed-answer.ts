import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { errorResponse, type RouteContext } from './request.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { sendResponse } from './send-response.ts'
import { requestOf } from './web-request.ts'

/** As much of an answer is in memory as a reader is slow to take. */
const ROOM_BYTES = 64 * 1024

/** An answer that comes piece by piece. */
export interface StreamedAnswer {
  headers: Record<string, string>
  /** Whatever it throws breaks the transfer off, so that what is cut short does not look whole. */
  bytes: AsyncIterable<Buffer>
}

type StreamedRoute = (request: Request, context: RouteContext) => Promise<StreamedAnswer>

/**
 * Answers over HTTP, as fast as the reader takes it, through one piece of memory that stays: what comes is copied and is garbage at once. Pieces that wait for
 * slow readers would live long enough to become old, and be collected in stretches that hold up everybody (docs/adr/0194-a-loop-that-holds-connections.md).
 */
export async function answerStreamed(
  route: StreamedRoute,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  params: Record<string, string>,
): Promise<void> {
  let answer: StreamedAnswer
  try {
    answer = await route(requestOf(incoming, outgoing), { params: Promise.resolve(params) })
  } catch (error) {
    return sendResponse(errorResponse(error), outgoing)
  }
  setSecurityHeaders(outgoing)
  outgoing.writeHead(200, answer.headers)
  try {
    await pour(answer.bytes, outgoing, incoming.method === 'HEAD')
    outgoing.end()
  } catch {
    outgoing.destroy()
  }
}

async function pour(bytes: AsyncIterable<Buffer>, outgoing: ServerResponse, isHeadOnly: boolean): Promise<void> {
  const room = Buffer.allocUnsafeSlow(ROOM_BYTES)
  for await (const piece of bytes) {
    // Whoever makes the rest learns here that nobody takes it.
    if (isHeadOnly || outgoing.destroyed) return
    for (let at = 0; at < piece.length; ) {
      const length = piece.copy(room, 0, at)
      await written(outgoing, room.subarray(0, length))
      at += length
    }
  }
}

function written(outgoing: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const left = () => reject(new Error('Who asked has left.'))
    outgoing.once('close', left)
    outgoing.write(bytes, (error) => {
      outgoing.off('close', left)
      if (error) reject(error)
      else resolve()
    })
  })
}

/** The same where Next serves by itself (`npm run dev`). */
export function streamedInNext(route: StreamedRoute): (request: Request, context: RouteContext) => Promise<Response> {
  return async (request, context) => {
    try {
      const { headers, bytes } = await route(request, context)
      return new Response(Readable.toWeb(Readable.from(bytes)) as ReadableStream<Uint8Array>, { headers })
    } catch (error) {
      return errorResponse(error)
    }
  }
}
