import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import next from 'next'
import { readEnv } from '#lib/runtime/env.ts'
import { checkoutFolder } from '#lib/runtime/launcher.ts'
import { oneATurn } from './turns.ts'

/** How long answers under way may take once the console is told to stop; a slow download is cut off then. */
const LAST_ANSWERS_MS = 2000

/**
 * The console's web server, a process of its own that `orchive serve` starts: Next's handler behind a server of ours, so that many requests at once begin
 * one after the other, and so that it ends in bounded time. Prints `Ready` once it listens.
 */
async function serveConsole(): Promise<void> {
  const { bind, port } = readEnv()
  const app = next({ dev: false, dir: checkoutFolder(), hostname: bind, port })
  await app.prepare()
  const handle = app.getRequestHandler()
  const begin = oneATurn()
  const sockets = new Sockets()
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    sockets.answering(request.socket, response)
    begin(() => {
      // Who left while it waited for its turn is not worked for.
      if (response.destroyed) return
      handle(request, response).catch((error: unknown) => {
        console.error(`${request.method} ${request.url} failed:`, error)
        response.destroy()
      })
    })
  })
  const stop = () => {
    server.close(() => app.close().then(() => process.exit(0)))
    sockets.endAfterAnswers()
    setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS).unref()
  }
  process.once('SIGTERM', stop).once('SIGINT', stop)
  server.on('connection', (socket: Socket) => sockets.opened(socket))
  server.listen(port, bind, () => console.log('Ready'))
}

/** Connections by whether an answer is under way on them. Browsers open some ahead of any request, which Node's own count holds for busy. */
class Sockets {
  private readonly idle = new Set<Socket>()
  private isEnding = false

  opened(socket: Socket): void {
    this.idle.add(socket)
    socket.once('close', () => this.idle.delete(socket))
  }

  answering(socket: Socket, response: ServerResponse): void {
    this.idle.delete(socket)
    response.once('close', () => {
      if (this.isEnding) socket.end()
      else if (!socket.destroyed) this.idle.add(socket)
    })
  }

  endAfterAnswers(): void {
    this.isEnding = true
    for (const socket of this.idle) socket.destroy()
  }
}

await serveConsole()
