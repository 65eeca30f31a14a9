/** A command as one would type it in a shell, for messages and records. */
export function commandText(argv: readonly string[]): string {
  return argv.map((word) => (SAFE.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}

/** Words that are no options, such as paths of files of whatever name: behind `--` where one of them looks like an option, so they come last. */
export const operands = (...words: string[]): string[] => (words.some((word) => word.startsWith('-')) ? ['--', ...words] : words)

/** What no shell takes for more than it is; a `~` only at the beginning means something. */
const SAFE = /^[\w@%+=:,./-][\w@%+=:,./~-]*$/
