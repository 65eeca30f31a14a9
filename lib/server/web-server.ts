import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { readEnv } from '#lib/runtime/env.ts'
import { checkoutFolder } from '#lib/runtime/launcher.ts'
import { answerOverHttp } from './api/answer-over-http.ts'
import { ApiThreads } from './api/api-threads.ts'
import { findEndpoint } from './api/find-endpoint.ts'
import { offerPerform } from './api/performer.ts'
import { findOwnAnswer } from './own-answers.ts'
import { Sockets } from './sockets.ts'
import { spreadImmediates } from './spread-immediates.ts'
import { staticFiles } from './static-files.ts'
import { oneATurn } from './turns.ts'

/** How long answers under way may take once the console is told to stop; a slow download is cut off then. */
const LAST_ANSWERS_MS = 2000

/**
 * The console's web server, a process of its own that `orchive serve` starts: the endpoints of the API are answered by threads, files of the build
 * and followers of jobs here, everything else by Next's handler, so that many pages at once begin one after the other, and so that it ends in bounded time. Prints `Ready` once it listens.
 */
async function serveConsole(): Promise<void> {
  const { bind, port } = readEnv()
  spreadImmediates()
  // After that: it keeps what it finds.
  const { default: next } = await import('next')
  const app = next({ dev: false, dir: checkoutFolder(), hostname: bind, port })
  await app.prepare()
  const handle = app.getRequestHandler()
  const threads = new ApiThreads()
  offerPerform((call, signal) => threads.perform(call, { isPacked: false, signal }))
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
    const answer = findOwnAnswer(method, pathname) ?? handle
    begin(() => {
      // Who left while it waited for its turn is not worked for.
      if (!response.destroyed) answer(request, response).catch(failed)
    })
  })
  const stop = () => {
    server.close(() => Promise.all([threads.stop(), app.close()]).then(() => process.exit(0)))
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
