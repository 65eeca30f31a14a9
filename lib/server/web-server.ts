import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { bootConsole } from '#lib/runtime/boot.ts'
import { readEnv } from '#lib/runtime/env.ts'
import { answerOverHttp } from './api/answer-over-http.ts'
import { ApiThreads } from './api/api-threads.ts'
import { findEndpoint } from './api/find-endpoint.ts'
import { offerSessions } from './known-sessions.ts'
import { findOwnAnswer } from './own-answers.ts'
import { Pages } from './pages/pages.ts'
import { Sockets } from './sockets.ts'
import { staticFiles } from './static-files.ts'
import { oneATurn } from './turns.ts'

/** How long answers under way may take once the console is told to stop; a slow download is cut off then. */
const LAST_ANSWERS_MS = 2000

/** Longer than proxies keep a connection to us (a minute): who closes first must not be the one that is just being sent something. */
const IDLE_CONNECTION_MS = 65_000

/**
 * The console's web server, a process of its own that `orchive serve` starts. This thread holds all connections and does little else: files of the build,
 * followers of jobs and downloads are answered here, endpoints of the API by threads, everything else by the thread of the pages. It ends in bounded time.
 * Prints `Ready` once it listens.
 */
async function serveConsole(): Promise<void> {
  const { bind, port } = readEnv()
  const threads = new ApiThreads()
  const pages = await Pages.start(threads.perform)
  offerSessions(pages.askSession)
  bootConsole()
  const isStatic = staticFiles()
  const begin = oneATurn()
  const sockets = new Sockets()
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    sockets.answering(request.socket, response)
    const failed = (error: unknown) => {
      console.error(`${request.method} ${request.url} failed:`, error)
      response.destroy()
    }
    const method = request.method!
    const pathname = request.url!.split('?', 1)[0]!
    const endpoint = findEndpoint(method, pathname)
    if (endpoint) return void answerOverHttp(request, response, endpoint, threads).catch(failed)
    if (isStatic(request, response)) return
    const answer = findOwnAnswer(method, pathname)
    if (!answer) return pages.answer(request, response)
    begin(() => {
      // Who left while it waited for its turn is not worked for.
      if (!response.destroyed) answer(request, response).catch(failed)
    })
  })
  server.keepAliveTimeout = IDLE_CONNECTION_MS
  const stop = () => {
    server.close(() => Promise.all([threads.stop(), pages.stop()]).then(() => process.exit(0)))
    sockets.endAfterAnswers()
    setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS).unref()
  }
  process.once('SIGTERM', stop).once('SIGINT', stop)
  server.on('connection', (socket) => sockets.opened(socket))
  server.listen(port, bind, () => console.log('Ready'))
}

serveConsole().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
