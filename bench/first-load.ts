/** What a browser loads before a page of the console works: `node bench/first-load.ts` prints it for every route of the build that lies in `.next`. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** A route may load no more compressed JavaScript than this. */
export const BUDGET_BYTES = 250_000

/** A file of JavaScript that a route loads first. */
export interface LoadedChunk {
  file: string
  /** Packed by gzip, the larger of the two that the console sends. */
  bytes: number
  /** Modules of the browser's side for which it is loaded; empty = the framework's own. */
  modules: string[]
}

export interface RouteLoad {
  route: string
  bytes: number
  /** Largest first. */
  chunks: LoadedChunk[]
}

interface ClientManifest {
  clientModules: Record<string, { chunks: string[] }>
  entryJSFiles: Record<string, string[]>
}

/** Every route of a build with what it loads first, the heaviest first. Prerendered or not, all of them load the framework's files and those of their layouts. */
export function firstLoads(build = join(import.meta.dirname, '../.next')): RouteLoad[] {
  const { rootMainFiles } = JSON.parse(readFileSync(join(build, 'build-manifest.json'), 'utf8')) as { rootMainFiles: string[] }
  const sizes = new Map<string, number>()
  const sizeOf = (file: string) => {
    let bytes = sizes.get(file)
    if (bytes === undefined) sizes.set(file, (bytes = gzipSync(readFileSync(join(build, file))).length))
    return bytes
  }
  return globSync('server/app/**/page_client-reference-manifest.js', { cwd: build })
    .map((path): RouteLoad => {
      const manifest = parseManifest(readFileSync(join(build, path), 'utf8'))
      const modules = modulesByChunk(manifest)
      const files = new Set([...rootMainFiles, ...Object.values(manifest.entryJSFiles).flat()])
      const chunks = [...files].map((file) => ({ file, bytes: sizeOf(file), modules: modules.get(file) ?? [] }))
      return {
        route: `/${path
          .split('/')
          .slice(2, -1)
          .filter((part) => !part.startsWith('('))
          .join('/')}`,
        bytes: chunks.reduce((sum, { bytes }) => sum + bytes, 0),
        chunks: chunks.sort((a, b) => b.bytes - a.bytes),
      }
    })
    .sort((a, b) => b.bytes - a.bytes)
}

/** A route in words: its size, and its largest files with what they are loaded for. */
export function describeLoad({ route, bytes, chunks }: RouteLoad, most = 6): string {
  const kb = (size: number) => `${(size / 1000).toFixed(0)} KB`
  const lines = chunks.slice(0, most).map(({ file, bytes: size, modules }) => {
    const names = modules.length === 0 ? 'the framework' : modules.slice(0, 6).join(', ')
    return `  ${kb(size).padStart(7)}  ${file.split('/').at(-1)}  ${names}${modules.length > 6 ? `, ${modules.length - 6} more` : ''}`
  })
  return [`${route}: ${kb(bytes)}`, ...lines].join('\n')
}

/** The manifest is a script that assigns one object. */
function parseManifest(script: string): ClientManifest {
  const start = script.indexOf('= {', script.indexOf('"]')) + 2
  return JSON.parse(script.slice(start).trim().replace(/;$/, '')) as ClientManifest
}

/** Own modules before those of packages, the console's before the framework's. */
function modulesByChunk({ clientModules }: ClientManifest): Map<string, string[]> {
  const modules = new Map<string, string[]>()
  for (const [name, { chunks }] of Object.entries(clientModules)) {
    const shown = name.replace('[project]/', '').replace(/ <module evaluation>$/, '')
    if (shown.startsWith('node_modules/next/')) continue
    for (const chunk of chunks) {
      const file = chunk.replace('/_next/', '')
      const known = modules.get(file) ?? []
      if (!known.includes(shown)) modules.set(file, [...known, shown])
    }
  }
  return modules
}

if (import.meta.main) {
  const loads = firstLoads()
  for (const load of loads) console.log(`${(load.bytes / 1000).toFixed(1).padStart(7)} KB  ${load.route}`)
  console.log(`\n${describeLoad(loads[0]!, 20)}`)
}
