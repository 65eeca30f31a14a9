/** Programs that `npm test` needs beside its packages: what the tests compare with, servers they talk to, a browser. Built-ins only. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NODE, ROOT, run } from './bootstrap.mjs'

const PROGRAMS = {
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
/** The shell is the same engine without a desktop's windows, and half the work. */
const BROWSERS = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const INSTALLABLE = BROWSERS.slice(0, 2)

/** Installs what is missing where that is possible; else the tests that need one say so. What Playwright brings itself comes with `ensureChromium`. */
export async function ensureTestPrograms(write) {
  const missing = Object.keys(PROGRAMS).filter((name) => !has(name) && !(name === 'radosgw' && process.env.ORCHIVE_TEST_WITHOUT_CEPH))
  const packages = missing.flatMap((name) => PROGRAMS[name])
  const lacksBrowser = namedOrInstalled() === null
  if ((packages.length === 0 && !lacksBrowser) || process.getuid?.() !== 0 || !has('apt-get')) return
  if (!(await apt(write, 'update', '-qq'))) return
  if (packages.length > 0) await install(write, packages)
  for (const name of INSTALLABLE) if (namedOrInstalled() === null) await install(write, [name])
}

/** A Chromium to drive: ORCHIVE_CHROMIUM, one on the PATH, Playwright's own, or that installed now; null when none can be had. */
export async function ensureChromium(write) {
  if (findChromium() === null) await run(NODE, [join(ROOT, 'node_modules/@playwright/test/cli.js'), 'install', 'chromium'], { write })
  const found = findChromium()
  if (found === null) write('No Chromium was found or could be installed. Install one and set ORCHIVE_CHROMIUM to its path.\n')
  return found
}

function namedOrInstalled() {
  const named = process.env.ORCHIVE_CHROMIUM
  if (named && existsSync(named)) return named
  return BROWSERS.map(which).find((path) => path !== null) ?? null
}

function findChromium() {
  const found = namedOrInstalled()
  if (found !== null) return found
  const probe = spawnSync(NODE, ['-e', "process.stdout.write(require('@playwright/test').chromium.executablePath())"], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return probe.status === 0 && existsSync(probe.stdout) ? probe.stdout : null
}

/** Debian starts a server as soon as it is installed, unless this program says no (policy-rc.d of invoke-rc.d). */
async function install(write, packages) {
  write(`Installing ${packages.join(', ')}…\n`)
  const policy = '/usr/sbin/policy-rc.d'
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  await apt(write, 'install', '-y', '-qq', '--no-install-recommends', ...packages)
  if (isOurs) rmSync(policy, { force: true })
}

/** Tells of it only when it fails. */
async function apt(write, ...args) {
  let told = ''
  const code = await run('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, write: (text) => (told += text) })
  if (code !== 0) write(`${told}apt-get ${args.join(' ')} failed.\n`)
  return code === 0
}

function which(name) {
  const result = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' })
  return result.status === 0 ? result.stdout.trim() : null
}

const has = (name) => which(name) !== null
