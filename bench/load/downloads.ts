/** Clients that take a large download slowly: what they have not taken must wait on the disk, not in the console's memory. */
import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const TICK_MS = 100

export interface SlowDownloads {
  url: string
  cookie: string
  archive: string
  clients: number
  bytesPerSecond: number
  isOver: () => boolean
}

/** Downloads whole archives slowly until it is over; gives the bytes taken. Connections that break are made again. */
export async function downloadSlowly(downloads: SlowDownloads): Promise<number> {
  const taken = await Promise.all(Array.from({ length: downloads.clients }, () => client(downloads)))
  return taken.reduce((sum, bytes) => sum + bytes, 0)
}

async function client(downloads: SlowDownloads): Promise<number> {
  let bytes = 0
  while (!downloads.isOver()) {
    bytes += await once(downloads).catch(() => 0)
    await delay(TICK_MS)
  }
  return bytes
}

/** Reads from the socket only as much as the client takes, so that the rest backs up as far as the sender lets it. */
function once({ url, cookie, archive, bytesPerSecond, isOver }: SlowDownloads): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/api/v1/archives/${archive}/download?format=tar`, { headers: { cookie } }, (response) => {
      if (response.statusCode !== 200) {
        response.destroy()
        return reject(new Error(`A download was answered ${response.statusCode}.`))
      }
      let bytes = 0
      const timer = setInterval(() => {
        for (let wanted = (bytesPerSecond * TICK_MS) / 1000; wanted > 0; ) {
          const piece = response.read(Math.min(wanted, response.readableLength || wanted)) as Buffer | null
          if (piece === null) break
          bytes += piece.length
          wanted -= piece.length
        }
        if (isOver()) response.destroy()
      }, TICK_MS)
      response.on('close', () => {
        clearInterval(timer)
        resolve(bytes)
      })
      response.on('error', () => undefined)
    })
    sent.on('error', reject)
    sent.end()
  })
}
