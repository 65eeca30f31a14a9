import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Connections by whether an answer is under way on them. Browsers open some ahead of any request, which Node's own count holds for busy. */
export class Sockets {
  private readonly idle = new Set<Socket>()
  private isEnding = false

  opened(socket: Socket): void {
    this.idle.add(socket)
    socket.once('close', () => this.idle.delete(socket))
  }

  answering(socket: Socket, response: ServerResponse): void {
    this.idle.delete(socket)
    response.once('close', () => {
      // Not only our half: a browser does not look at a connection that it keeps for later.
      if (this.isEnding) socket.destroySoon()
      else if (!socket.destroyed) this.idle.add(socket)
    })
  }

  endAfterAnswers(): void {
    this.isEnding = true
    for (const socket of this.idle) socket.destroy()
  }
}
