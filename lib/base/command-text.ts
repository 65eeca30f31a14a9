/** A command as one would type it in a shell, for messages and records. */
export function commandText(argv: readonly string[]): string {
  return argv.map((word) => (SAFE.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}

/** What no shell takes for more than it is; a `~` only at the beginning means something. */
const SAFE = /^[\w@%+=:,./-][\w@%+=:,./~-]*$/
