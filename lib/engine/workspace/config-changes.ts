import type { Finding } from '../finding.ts'

/** A path key that leads elsewhere than it did; null = the key was or is not there. */
export interface ConfigChange {
  key: string
  before: string | null
  after: string | null
}

/** Compares the `configPaths` of an archive with those of now, in the order of keys now, dropped ones last. */
export function diffConfigPaths(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): ConfigChange[] {
  const keys = new Set([...Object.keys(after), ...Object.keys(before)])
  return [...keys].flatMap((key) => {
    const change = { key, before: pathAt(before, key), after: pathAt(after, key) }
    return change.before === change.after ? [] : [change]
  })
}

/** The changes as findings: which key, old → new path, and that the next archive follows. */
export function configChangeFindings(changes: readonly ConfigChange[]): Finding[] {
  return changes.map(({ key, before, after }) => ({
    severity: 'info',
    code: 'config_path_changed',
    path: key,
    message: `\`${key}\` changed since the last archive: ${before ?? 'not set'} → ${after ?? 'not set'}.`,
  }))
}

function pathAt(paths: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(paths, key) ? paths[key]! : null
}
