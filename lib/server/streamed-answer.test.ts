import { randomBytes } from 'node:crypto'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '#test/builders/until.ts'
import { answerStreamed } from './streamed-answer.ts'

/** Serves what a generator makes, and notes that it ended. */
async function serve(make: () => AsyncGenerator<Buffer>) {
  const state = { isOver: false }
  async function* watched() {
    try {
      yield* make()
    } finally {
      state.isOver = true
    }
  }
  const headers = { 'Content-Type': 'application/octet-stream' }
  const server = createServer((incoming, outgoing) => {
    void answerStreamed(async () => ({ headers, bytes: watched() }), incoming, outgoing, {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.closeAllConnections())
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, state }
}

test('pieces of any size arrive as they are, though what they came in is used for others by then', async () => {
  const pieces = [1, 64 * 1024, 0, 200_001, 64 * 1024 + 1, 17].map((bytes) => randomBytes(bytes))
  const { url, state } = await serve(async function* () {
    for (const piece of pieces) {
      const sent = Buffer.from(piece)
      yield sent
      sent.fill(0)
    }
  })
  const answer = await fetch(url)
  expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.concat(pieces))).toBe(true)
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(state.isOver).toBe(true)
})

test('what fails on the way does not look whole', async () => {
  const { url } = await serve(async function* () {
    yield randomBytes(1000)
    throw new Error('the child failed')
  })
  await expect(fetch(url).then((answer) => answer.arrayBuffer())).rejects.toThrow('terminated')
})

test('who only asks for the head gets that, and who leaves ends the work', async () => {
  const { url, state } = await serve(async function* () {
    for (;;) yield randomBytes(1_000_000)
  })
  const head = await fetch(url, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  await until('nothing is made for a head', () => state.isOver)
  state.isOver = false
  const leaving = request(url, (incoming) => incoming.once('data', () => leaving.destroy())).end()
  leaving.on('error', () => {})
  await until('nothing is made for who left', () => state.isOver)
})
