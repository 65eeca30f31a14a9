import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Role } from '#lib/contracts/rights.ts'
import { Container } from '#lib/runtime/container.ts'
import { readEnv } from '#lib/runtime/env.ts'
import type { ServiceContext } from '../context.ts'
import { sendOnce } from './send-once.ts'

let home: string
let container: Container
let nowMs: number
const ctxOf = (id: string, role: Role = 'admin'): ServiceContext => ({
  ...container.contextFor({ id, name: id, role, via: 'api' }),
  clock: { ...container.env.clock, realNowMs: () => nowMs },
})
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'orchive-once-'))
  container = new Container(readEnv({ home }))
  nowMs = Date.UTC(2026, 0, 1)
})
afterEach(() => {
  container.close()
  rmSync(home, { recursive: true })
})

let runs = 0
const send = (more: { id?: string; key?: string; request?: unknown; isSecret?: boolean; fails?: boolean; role?: Role } = {}) =>
  sendOnce(ctxOf(more.id ?? 'ada', more.role), {
    key: more.key ?? 'k1',
    request: more.request ?? { forget: 'arc_1' },
    isSecret: more.isSecret ?? false,
    right: 'forget',
    run: async () => {
      runs++
      await new Promise(setImmediate)
      if (more.fails) throw new Error('no')
      return { run: runs }
    },
  })

test('the same key and request is done once, at the same time too and after a restart; others have keys of their own', async () => {
  runs = 0
  const [first, second] = await Promise.all([send(), send()])
  expect([first, second]).toEqual([
    { answer: { run: 1 }, isRepeated: false },
    { answer: { run: 1 }, isRepeated: true },
  ])
  container.close()
  container = new Container(readEnv({ home }))
  expect(await send()).toEqual({ answer: { run: 1 }, isRepeated: true })
  expect((await send({ id: 'tomas' })).answer).toEqual({ run: 2 })
  await expect(send({ role: 'viewer' })).rejects.toMatchObject({ code: 'not_permitted' })
  await expect(send({ request: { forget: 'arc_2' } })).rejects.toMatchObject({ code: 'idempotency_mismatch' })
  nowMs += 25 * 3_600_000
  expect((await send()).isRepeated).toBe(false)
})

test('what failed may be sent again; an answer that is shown once is not kept; keys are text that a header takes', async () => {
  runs = 0
  await expect(send({ fails: true })).rejects.toThrow('no')
  expect((await send()).isRepeated).toBe(false)
  await send({ key: 'secret', isSecret: true })
  await expect(send({ key: 'secret', isSecret: true })).rejects.toMatchObject({ code: 'idempotency_spent' })
  for (const key of ['', 'a b', 'ü', 'x'.repeat(201)]) await expect(send({ key })).rejects.toMatchObject({ code: 'invalid_input' })
  expect(runs).toBe(3)
})
