/**
 * What has to be true before anything else runs, from a clean clone on any Node 18 or newer: packages installed, the console built,
 * a Chromium found. Built-ins only; everything after this runs on the pinned Node in node_modules.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
export const NODE = join(ROOT, 'node_modules/node/bin/node')
const BIN = join(ROOT, 'node_modules/.bin')

/** The environment of every child: the pinned Node first, no telemetry. */
export function childEnv(extra = {}) {
  return { ...process.env, PATH: `${BIN}:${process.env.PATH ?? ''}`, NEXT_TELEMETRY_DISABLED: '1', ...extra }
}

/** Runs a command to its end with our output; resolves to its exit code (128 + n after signal n counts as 1). */
export function run(command, args, { env = childEnv(), cwd = ROOT } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit' })
    const forward = (signal) => child.kill(signal)
    process.on('SIGINT', forward).on('SIGTERM', forward)
    child.on('error', (error) => {
      console.error(`Could not run ${command}: ${error.message}`)
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

/** Builds the console unless the build in .next was made from exactly these sources. */
export async function ensureBuilt() {
  const wanted = hashSources()
  const stamp = join(ROOT, '.next/orchive-sources')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log('Building the console…')
  const code = await run(NODE, [join(ROOT, 'node_modules/next/dist/bin/next'), 'build'], { env: childEnv({ NODE_ENV: 'production' }) })
  if (code !== 0) {
    console.error('The console could not be built: see above.')
    process.exit(1)
  }
  await run(NODE, [join(ROOT, 'scripts/precompress.mjs'), join(ROOT, '.next/static')])
  writeFileSync(stamp, wanted)
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

/** A Chromium to drive: ORCHIVE_CHROMIUM, one on the PATH, Playwright's own, or one installed now. Exits when none can be had. */
export async function ensureChromium() {
  const found = findChromium()
  if (found) return found
  console.log('Installing a Chromium for the browser tests…')
  // The shell is the same engine without a desktop's windows, and half the work.
  for (const name of ['chromium-headless-shell', 'chromium'])
    if (!findChromium() && process.getuid?.() === 0 && has('apt-get')) aptInstall([name])
  if (!findChromium()) await run(NODE, [join(ROOT, 'node_modules/@playwright/test/cli.js'), 'install', 'chromium'])
  const installed = findChromium()
  if (!installed) {
    console.error('No Chromium was found or could be installed. Install one and set ORCHIVE_CHROMIUM to its path.')
    process.exit(1)
  }
  return installed
}

function findChromium() {
  const named = process.env.ORCHIVE_CHROMIUM
  if (named && existsSync(named)) return named
  for (const name of ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']) {
    const path = which(name)
    if (path) return path
  }
  const probe = spawnSync(NODE, ['-e', "process.stdout.write(require('@playwright/test').chromium.executablePath())"], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return probe.status === 0 && existsSync(probe.stdout) ? probe.stdout : null
}

/** Programs the tests compare with, and servers they talk to; installed where that is possible, else the tests that need one say so. */
export function ensureTestPrograms() {
  const wanted = {
    mawk: ['mawk'],
    gawk: ['gawk'],
    bsdtar: ['libarchive-tools'],
    zstd: ['zstd'],
    tar: ['tar'],
    restic: ['restic'],
    chattr: ['e2fsprogs'],
    radosgw: ['ceph-mon', 'ceph-osd', 'radosgw'],
    '/usr/sbin/sshd': ['openssh-server', 'openssh-sftp-server', 'openssh-client'],
  }
  const missing = Object.keys(wanted).filter((name) => !has(name) && !(name === 'radosgw' && process.env.ORCHIVE_TEST_WITHOUT_CEPH))
  if (missing.length > 0 && process.getuid?.() === 0 && has('apt-get')) aptInstall(missing.flatMap((name) => wanted[name]))
}

function aptInstall(packages) {
  const options = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  // Debian starts a server as soon as it is installed, unless this program says no (policy-rc.d of invoke-rc.d).
  const policy = '/usr/sbin/policy-rc.d'
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    execFileSync('apt-get', ['update', '-qq'], options)
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options)
  } catch (error) {
    console.error(`apt-get could not install ${packages.join(', ')}: ${error.message}`)
  } finally {
    if (isOurs) rmSync(policy, { force: true })
  }
}

function which(name) {
  const result = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' })
  return result.status === 0 ? result.stdout.trim() : null
}

const has = (name) => which(name) !== null

/** A folder that exists, made if need be. */
export function ensureFolder(path) {
  mkdirSync(path, { recursive: true })
  return path
}
