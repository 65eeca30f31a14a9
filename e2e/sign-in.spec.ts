import { ADMIN, startConsole } from '../test/builders/start-console.ts'
import { expect, test } from './console.ts'

/** Statuses of wrong passwords, one after the other. */
async function guess(url: string, guesses: { email: string; from: string }[]): Promise<number[]> {
  const statuses: number[] = []
  for (const { email, from } of guesses) {
    const answer = await fetch(`${url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, 'x-forwarded-for': from },
      body: JSON.stringify({ email, password: 'a wrong password' }),
    })
    statuses.push(answer.status)
  }
  return statuses
}

const counted = (statuses: number[], status: number) => statuses.filter((one) => one === status).length

test('fifty wrong passwords from fifty made-up addresses are refused after the limit, for one account as for many', async ({ bench }) => {
  const running = await startConsole({ home: bench.home })
  await running.signUp()
  const addresses = Array.from({ length: 50 }, (_, i) => `203.0.113.${i}`)
  const one = await guess(
    running.url,
    addresses.map((from) => ({ email: ADMIN.email.toUpperCase(), from })),
  )
  expect(counted(one, 401)).toBeLessThanOrEqual(8)
  expect(new Set(one.slice(8))).toEqual(new Set([429]))
  await running.stop()

  const again = await startConsole({ home: bench.home })
  const many = await guess(
    again.url,
    addresses.map((from, i) => ({ email: `nobody-${i}@example.test`, from })),
  )
  expect(counted(many, 401)).toBe(40)
  expect(many.at(-1)).toBe(429)
  await again.stop()
})

test('behind a trusted proxy the address that it names counts, whatever the client wrote before it', async ({ bench }) => {
  const running = await startConsole({ home: bench.home, env: { ORCHIVE_TRUST_PROXY: '1' } })
  await running.signUp()
  const from = (address: string, first: number) =>
    guess(
      running.url,
      Array.from({ length: 10 }, (_, i) => ({ email: `nobody-${first + i}@example.test`, from: `203.0.113.${first + i}, ${address}` })),
    )
  expect(counted(await from('198.51.100.7', 0), 401)).toBe(8)
  expect(counted(await from('198.51.100.8', 100), 401)).toBe(8)
  await running.stop()
})
