import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { until } from '#test/builders/until.ts'
import { passOn } from './pass-on.ts'

/** A server behind a socket, and one before it that passes everything on. */
async function serve(behind: RequestListener) {
  const folder = mkdtempSync(join(tmpdir(), 'orchive-pass-on-'))
  const socketPath = join(folder, 'socket')
  const agent = new Agent({ keepAlive: true })
  const pages = createServer(behind)
  let connections = 0
  pages.on('connection', () => connections++)
  const front = createServer((incoming, outgoing) => passOn({ socketPath, agent }, incoming, outgoing))
  await Promise.all([once(pages.listen(socketPath), 'listening'), once(front.listen(0, '127.0.0.1'), 'listening')])
  onTestFinished(() => {
    for (const server of [front, pages]) {
      server.closeAllConnections()
      server.close()
    }
    agent.destroy()
    rmSync(folder, { recursive: true, force: true })
  })
  return { url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`, connections: () => connections }
}

const heard: IncomingMessage[] = []

test('a request and its answer arrive as they were sent, but for what is about the connection', async () => {
  const { url, connections } = await serve((incoming, outgoing) => {
    heard.push(incoming)
    outgoing.writeHead(418, { 'Set-Cookie': ['a=1', 'b=2'], 'X-Own': 'yes', Connection: 'keep-alive' })
    incoming.pipe(outgoing)
  })
  const body = randomBytes(3_000_000)
  for (const [n, headers] of [{ 'X-Forwarded-For': '203.0.113.9' }, {} as Record<string, string>].entries()) {
    const answer = await fetch(`${url}/a%20b?c=%2F&n=${n}`, {
      method: 'POST',
      body,
      headers: { Cookie: 's=1', ...headers },
    })
    expect([answer.status, answer.headers.getSetCookie(), answer.headers.get('x-own')]).toEqual([418, ['a=1', 'b=2'], 'yes'])
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true)
  }
  expect(heard.map(({ method, url }) => [method, url])).toEqual([0, 1].map((n) => ['POST', `/a%20b?c=%2F&n=${n}`]))
  expect(heard[0]!.headers).toMatchObject({ host: new URL(url).host, cookie: 's=1', 'x-forwarded-for': '203.0.113.9' })
  expect(heard[1]!.headers['x-forwarded-for']).toBe('127.0.0.1')
  expect(connections()).toBe(1)
  expect(await (await fetch(url, { method: 'HEAD' })).text()).toBe('')
})

test('who leaves is not worked for, and an answer that breaks off does not look whole', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  let isLeft = false
  const { url } = await serve((incoming, outgoing) => {
    outgoing.once('close', () => (isLeft = true))
    outgoing.write('half')
    if (incoming.url === '/breaks') outgoing.destroy()
  })
  const leaving = request(`${url}/stays`, (answer) => answer.once('data', () => leaving.destroy())).end()
  leaving.on('error', () => {})
  await until('it is known behind the socket', () => isLeft)
  await expect(fetch(`${url}/breaks`).then((answer) => answer.text())).rejects.toThrow()
  expect(said).toHaveBeenCalledWith('GET /breaks failed:', expect.any(Error))
  said.mockRestore()
})
