/** One named problem: which object, what, and why. Equal in shape to the contract's Finding. */
export interface Finding {
  /** `error` fails the work, `warning` ends it as "with warnings", `info` is only told. */
  severity: 'error' | 'warning' | 'info'
  code: string
  /** An archive path, a source path or a config key; null when it is the whole. */
  path: string | null
  message: string
}

/** How much depends on an item. */
export type Importance = 'critical' | 'high' | 'medium'

/** What an item is on disk; `not-covered` when it is no file or folder at all. */
export type ItemKind = 'file' | 'folder' | 'missing' | 'not-covered'
