/**
 * What has to be true before anything else runs, from a clean clone on any Node 18 or newer: packages installed, the console built.
 * Built-ins only; everything after this runs on the pinned Node in node_modules.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
export const NODE = join(ROOT, 'node_modules/node/bin/node')
const BIN = join(ROOT, 'node_modules/.bin')

/** The environment of every child: the pinned Node first, no telemetry. */
export function childEnv(extra = {}) {
  return { ...process.env, PATH: `${BIN}:${process.env.PATH ?? ''}`, NEXT_TELEMETRY_DISABLED: '1', ...extra }
}

/**
 * Runs a command to its end with our output, or handing what it prints to `write`; resolves to its exit code (128 + n after signal n counts as 1).
 * `niceness`: how far it stands back for whatever else runs.
 */
export function run(command, args, { env = childEnv(), cwd = ROOT, write, niceness = 0 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: write ? ['inherit', 'pipe', 'pipe'] : 'inherit' })
    const forward = (signal) => child.kill(signal)
    process.on('SIGINT', forward).on('SIGTERM', forward)
    if (write) for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', write)
    if (niceness !== 0) child.once('spawn', () => setPriority(child.pid, niceness))
    child.on('error', (error) => {
      ;(write ?? console.error)(`Could not run ${command}: ${error.message}\n`)
      resolve(127)
    })
    child.on('close', (code) => {
      process.off('SIGINT', forward).off('SIGTERM', forward)
      resolve(code ?? 1)
    })
  })
}

/** Installs the packages of package-lock.json unless exactly these are installed already. */
export async function ensureInstalled() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')
  const stamp = join(ROOT, 'node_modules/.orchive-installed')
  if (existsSync(NODE) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log('Installing packages…')
  const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { env: { ...process.env, NODE_ENV: 'development' } })
  if (code !== 0) {
    console.error('npm ci failed: see above. Orchive needs its packages once; after that it runs offline.')
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
}

/** Bundles the command line unless the bundle is newer than every source; without one it runs from its sources. */
export async function ensureBundled() {
  const bundle = join(ROOT, 'dist/main.js')
  if (existsSync(bundle) && !isAnyNewer(['cli', 'lib', 'prisma-free-db'], statSync(bundle).mtimeMs)) return
  await run(NODE, [join(ROOT, 'scripts/bundle-cli.mjs')])
}

function isAnyNewer(names, thanMs) {
  return names.some((name) => {
    const path = join(ROOT, name)
    return (
      statSync(path).mtimeMs > thanMs ||
      (statSync(path).isDirectory() &&
        isAnyNewer(
          readdirSync(path).map((child) => join(name, child)),
          thanMs,
        ))
    )
  })
}

/** Builds the console unless the build in .next was made from exactly these sources. Exits when it cannot be built. */
export async function ensureBuilt() {
  if (await build()) return
  console.error('The console could not be built: see above.')
  process.exit(1)
}

/** The same for who goes on without: false when it cannot be built. */
export async function build(options = {}) {
  const wanted = hashSources()
  const stamp = join(ROOT, '.next/orchive-sources')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true
  const say = options.write ?? ((text) => process.stdout.write(text))
  say('Building the console…\n')
  const next = join(ROOT, 'node_modules/next/dist/bin/next')
  const code = await run(NODE, [next, 'build'], { ...options, env: childEnv({ NODE_ENV: 'production' }) })
  if (code !== 0) return false
  await run(NODE, [join(ROOT, 'scripts/precompress.mjs'), join(ROOT, '.next/static')], options)
  writeFileSync(stamp, wanted)
  return true
}

function hashSources() {
  const hash = createHash('sha256')
  const visit = (path) => {
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) if (!name.includes('.test.')) visit(join(path, name))
    } else hash.update(path.slice(ROOT.length)).update(readFileSync(path))
  }
  for (const name of [
    'app',
    'lib',
    'prisma-free-db',
    'public',
    'instrumentation.ts',
    'proxy.ts',
    'next.config.js',
    'postcss.config.cjs',
    'package-lock.json',
    'tsconfig.json',
  ]) {
    if (existsSync(join(ROOT, name))) visit(join(ROOT, name))
  }
  return hash.digest('hex')
}
