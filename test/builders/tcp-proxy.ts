import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A line to a server that can be cut, and on which nothing moves for a while. */
export class TcpProxy {
  port = 0
  private readonly target: number
  private readonly sockets = new Set<Socket>()
  private isStalled = false
  private cutAfterBytes = Number.POSITIVE_INFINITY
  private readonly server = createServer((client) => this.join(client))

  private constructor(target: number) {
    this.target = target
  }

  static async to(port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port)
    proxy.server.listen(0, '127.0.0.1')
    await once(proxy.server, 'listening')
    proxy.port = (proxy.server.address() as AddressInfo).port
    return proxy
  }

  private join(client: Socket): void {
    const server = connect(this.target, '127.0.0.1')
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from)
      from.on('data', (bytes) => {
        this.cutAfterBytes -= bytes.length
        if (this.cutAfterBytes <= 0) {
          this.cutAfterBytes = Number.POSITIVE_INFINITY
          return this.cut()
        }
        if (!to.write(bytes)) from.pause()
      })
      to.on('drain', () => this.isStalled || from.resume())
      from.on('end', () => to.end())
      from.on('error', () => {})
      from.on('close', () => {
        this.sockets.delete(from)
        to.destroy()
      })
      if (this.isStalled) from.pause()
    }
  }

  /** Breaks every connection; new ones work. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy()
  }

  /** Breaks every connection once so many more bytes have passed, in both directions together. */
  cutAfter(bytes: number): void {
    this.cutAfterBytes = bytes
  }

  /** Nothing moves any more; connections stay and are accepted. */
  stall(): void {
    this.isStalled = true
    for (const socket of this.sockets) socket.pause()
  }

  resume(): void {
    this.isStalled = false
    for (const socket of this.sockets) socket.resume()
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }
}
