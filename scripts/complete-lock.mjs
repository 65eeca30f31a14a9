/**
 * Completes package-lock.json after `npm install`: adds the optional packages of other platforms that the registry in use did not
 * offer (npm ci fails without them: "Missing: @next/swc-darwin-arm64 from lock file") and removes download and funding addresses, which name hosts.
 * Run it after every change of the dependencies: node scripts/complete-lock.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
const KNOWN_OS = ['darwin', 'win32', 'linux', 'freebsd', 'android', 'openharmony']
const KNOWN_CPU = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64']

const added = []
for (const [parent, entry] of Object.entries(lock.packages)) {
  delete entry.resolved
  delete entry.funding
  if (parent === '') continue
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    if (lock.packages[key] || lock.packages[`${parent}/${key}`]) continue
    if (!/^\d+\.\d+\.\d+/.test(range)) continue
    const words = name.split(/[/-]/)
    const os = KNOWN_OS.find((o) => words.includes(o))
    const cpu = KNOWN_CPU.find((c) => words.includes(c))
    if (!os || !cpu) continue
    lock.packages[key] = {
      version: range,
      cpu: [cpu],
      dev: entry.dev,
      license: entry.license,
      optional: true,
      os: [os],
      engines: entry.engines,
    }
    added.push(`${name}@${range}`)
  }
}
const root = lock.packages['']
delete lock.packages['']
lock.packages = { '': root, ...Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))) }
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log(added.length === 0 ? 'package-lock.json is complete.' : `Added to package-lock.json: ${added.join(', ')}`)
