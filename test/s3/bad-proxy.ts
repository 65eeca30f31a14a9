import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of a request: it arrives and is answered, it is told to slow down, or it arrives and its answer is lost. */
export type Fate = 'fine' | 'slow-down' | 'answer-lost'

const SLOW_DOWN = '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>'

/** A proxy before an object store that has bad days. */
export class BadProxy {
  /** Of requests in the order in which they come, again and again. */
  fates: Fate[] = ['fine']
  /** So many of each. */
  readonly seen: Record<Fate, number> = { fine: 0, 'slow-down': 0, 'answer-lost': 0 }
  private requests = 0
  private readonly target: URL
  private readonly server = createServer((asked, answer) => this.pass(asked, answer))

  private constructor(target: string) {
    this.target = new URL(target)
  }

  static async before(endpoint: string): Promise<BadProxy> {
    const proxy = new BadProxy(endpoint)
    proxy.server.listen(0, '127.0.0.1')
    await once(proxy.server, 'listening')
    return proxy
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const fate = this.fates[this.requests++ % this.fates.length]!
    this.seen[fate]++
    if (fate === 'slow-down') {
      asked.resume().once('end', () => answer.writeHead(503, { 'content-type': 'application/xml' }).end(SLOW_DOWN))
      return
    }
    const { hostname, port } = this.target
    const onwards = request({ hostname, port, method: asked.method, path: asked.url, headers: asked.headers }, (told) => {
      if (fate === 'answer-lost') told.resume().once('end', () => asked.socket.destroy())
      else told.pipe(answer.writeHead(told.statusCode ?? 502, told.headers))
    })
    onwards.on('error', () => asked.socket.destroy())
    asked.pipe(onwards)
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }
}
