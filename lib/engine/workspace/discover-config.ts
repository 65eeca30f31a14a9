import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import type { Finding } from '../finding.ts'
import { CONFIG_FOLDERS, CONFIG_NAMES } from './item-keys.ts'

export interface DiscoverInput {
  /** Workspace root, absolute. */
  root: string
  /** A config file that was named; relative = from the root. */
  configPath?: string | null | undefined
  /** Of the environment, only what the runtime itself looks at. */
  env?: { ORCHESTRATOR_CONFIG?: string | undefined }
}

export interface DiscoveredConfig {
  /** Absolute. */
  configPath: string
  /** Named by a person, named by ORCHESTRATOR_CONFIG, or found in the tree. */
  source: 'named' | 'environment' | 'found'
  findings: Finding[]
}

/**
 * Says which config file a workspace runs on: the named one, else ORCHESTRATOR_CONFIG, else the only one in the tree. Throws
 * `config_missing`, or `config_ambiguous` with `context.candidates` when a person has to choose.
 */
export function discoverConfig(input: DiscoverInput): DiscoveredConfig {
  const root = resolve(input.root)
  assertFolder(root)
  if (input.configPath) {
    const configPath = resolve(root, input.configPath)
    assertFile(configPath, 'Name another one with --config.')
    return { configPath, source: 'named', findings: [] }
  }
  const candidates = findCandidates(root)
  const fromEnvironment = input.env?.ORCHESTRATOR_CONFIG
  if (fromEnvironment) {
    const configPath = resolve(root, fromEnvironment)
    assertFile(configPath, 'ORCHESTRATOR_CONFIG names it; correct or unset the variable, or name the config with --config.')
    return { configPath, source: 'environment', findings: [namedByEnvironment(configPath, candidates)] }
  }
  if (candidates.length > 1) throw ambiguous(root, candidates)
  if (candidates.length === 0) throw missing(root)
  return { configPath: candidates[0]!, source: 'found', findings: [] }
}

/** Config files in the known places of a root, one path per file on disk. */
export function findCandidates(root: string): string[] {
  const seen = new Set<string>()
  const found: string[] = []
  for (const folder of CONFIG_FOLDERS) {
    for (const name of CONFIG_NAMES) {
      const path = join(root, folder, name)
      const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
      if (!stat?.isFile()) continue
      const identity = `${stat.dev}:${stat.ino}`
      if (seen.has(identity)) continue
      seen.add(identity)
      found.push(path)
    }
  }
  return found
}

function assertFolder(root: string): void {
  let reason: string | null = null
  try {
    if (!statSync(root).isDirectory()) reason = 'is not a folder'
  } catch (error) {
    reason = errnoOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${errnoOf(error)})`
  }
  if (reason === null) return
  const hint = CONFIG_NAMES.includes(basename(root))
    ? `Give its folder: ${dirname(root)}`
    : 'Give the folder that the orchestrator runs in.'
  throw new AppError('config_missing', { message: `The workspace root ${root} ${reason}.`, hint, context: { root } })
}

function assertFile(path: string, hint: string): void {
  const stat = existsSync(path) ? statSync(path) : null
  if (stat?.isFile()) return
  if (!stat) throw new AppError('config_missing', { message: `There is no config file at ${path}.`, hint, context: { path } })
  throw new AppError('config_invalid', { message: `${path} is not a regular file.`, hint, context: { path } })
}

function namedByEnvironment(configPath: string, candidates: string[]): Finding {
  const others = candidates.filter((path) => path !== configPath)
  const unused = others.length > 0 ? ` ${others.join(' and ')} ${others.length > 1 ? 'are' : 'is'} not used.` : ''
  return {
    severity: others.length > 0 ? 'warning' : 'info',
    code: 'config_from_environment',
    path: configPath,
    message: `ORCHESTRATOR_CONFIG names ${configPath}.${unused}`,
  }
}

function ambiguous(root: string, candidates: string[]): AppError {
  return new AppError('config_ambiguous', {
    message: `${root} holds several config files: ${candidates.map((path) => relative(root, path)).join(', ')}.`,
    hint: `Choose one: ${candidates.map((path) => `--config ${path}`).join(' or ')}`,
    context: { root, candidates },
  })
}

function missing(root: string): AppError {
  const candidates = searchDeeper(root)
  return new AppError('config_missing', {
    message: `There is no ${CONFIG_NAMES.join(' or ')} in ${root}${CONFIG_FOLDERS.filter(Boolean)
      .map((folder) => ` or its ${folder}/ folder`)
      .join('')}.`,
    hint:
      candidates.length > 0
        ? `Found further down: ${candidates.map((path) => `--config ${path}`).join(' or ')}`
        : 'Give the folder that the orchestrator runs in, or name the config with --config.',
    context: { root, candidates },
  })
}

const SEARCH_DEPTH = 3
const SEARCH_FOLDERS = 500

/** Where a person may have meant: breadth first, links not followed, bounded, never an error. */
function searchDeeper(root: string): string[] {
  const found: string[] = []
  let level = [root]
  let looked = 0
  for (let depth = 0; depth <= SEARCH_DEPTH && level.length > 0; depth++) {
    const next: string[] = []
    for (const folder of level) {
      if (++looked > SEARCH_FOLDERS) return found
      for (const entry of entriesOf(folder)) {
        if (entry.isFile() && CONFIG_NAMES.includes(entry.name)) found.push(join(folder, entry.name))
        else if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== '.git') next.push(join(folder, entry.name))
      }
    }
    level = next
  }
  return found
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
