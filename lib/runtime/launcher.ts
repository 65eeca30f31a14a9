import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launchedFrom } from './env.ts'

/**
 * The checkout this process runs from. A Next build moves modules, so the launcher says it through the environment; without one this file's own
 * place tells.
 */
export function checkoutFolder(): string {
  return launchedFrom() ?? resolve(dirname(fileURLToPath(import.meta.url)), '../..')
}

/** Absolute path of `bin/orchive`. */
export const launcherPath = () => join(checkoutFolder(), 'bin/orchive')

let version: string | null = null
/** The version in package.json. */
export function toolVersion(): string {
  version ??= (JSON.parse(readFileSync(join(checkoutFolder(), 'package.json'), 'utf8')) as { version: string }).version
  return version
}
