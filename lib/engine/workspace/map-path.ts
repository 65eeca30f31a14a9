import { existsSync } from 'node:fs'
import { isAbsolute, join, normalize, resolve } from 'node:path'
import { AppError } from '#lib/base/errors.ts'

/** Where a foreign or container path prefix lies on this host. */
export interface PathMap {
  from: string
  to: string
}

/** Checks maps once; `from` must be absolute, a relative `to` counts from the root. Throws `item_invalid` naming the map. */
export function normaliseMaps(maps: readonly PathMap[], root: string): PathMap[] {
  return maps.map((map) => {
    if (!isAbsolute(map.from) || map.to === '') {
      throw new AppError('item_invalid', {
        message: `The path map ${map.from}=${map.to} does not start with an absolute path.`,
        hint: 'Write it as --map /workspace=/opt/orchestrator',
        context: { ...map },
      })
    }
    return { from: withoutEndSlash(normalize(map.from)), to: resolve(root, map.to) }
  })
}

/** The absolute path on this host that a config value means: relative ones count from the config's folder, absolute ones pass the map with the longest matching prefix. */
export function placeOf(value: string, configFolder: string, maps: readonly PathMap[]): { path: string; map: PathMap | null } {
  if (!isAbsolute(value)) return { path: resolve(configFolder, value), map: null }
  const path = withoutEndSlash(normalize(value))
  let best: PathMap | null = null
  for (const map of maps) {
    if (isWithin(path, map.from) && (best === null || map.from.length > best.from.length)) best = map
  }
  if (best === null) return { path, map: null }
  return { path: join(best.to, path.slice(best.from === '/' ? 0 : best.from.length)), map: best }
}

/** A map that would make a foreign absolute path point at something under the root; null when none does. */
export function suggestMap(path: string, root: string): PathMap | null {
  const parts = path.split('/').slice(1)
  for (let i = 1; i < parts.length; i++) {
    const from = `/${parts.slice(0, i).join('/')}`
    if (from !== root && existsSync(join(root, ...parts.slice(i)))) return { from, to: root }
  }
  return null
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}

function withoutEndSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
