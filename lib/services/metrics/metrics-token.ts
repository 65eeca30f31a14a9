import { randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '#lib/base/errors.ts'
import type { ServiceContext } from '../context.ts'

/**
 * What a scraper sends as a bearer token: a file of the home that only this user can read, made when it is missing. Removing the file makes
 * a new one.
 */
export function metricsToken({ paths }: Pick<ServiceContext, 'paths'>): string {
  for (;;) {
    try {
      return readFileSync(paths.metricsToken, 'utf8').trim()
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
    mkdirSync(dirname(paths.metricsToken), { recursive: true, mode: 0o700 })
    try {
      writeFileSync(paths.metricsToken, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
    } catch (error) {
      // Another process was first; its token counts.
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  }
}

/** Whether this is the token, in a time that tells nothing of it. */
export function isMetricsToken(ctx: Pick<ServiceContext, 'paths'>, given: string): boolean {
  const [expected, sent] = [Buffer.from(metricsToken(ctx)), Buffer.from(given)]
  return expected.length > 0 && expected.length === sent.length && timingSafeEqual(expected, sent)
}
