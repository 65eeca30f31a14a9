import { commandText } from '#lib/base/command-text.ts'

/** Options that only the console gives: no part of what a person would type. */
const OWN = ['--job', '--digest', '--actor', '--actor-id', '--home']
/** They change what is printed, not what is done. */
const PRINTING = ['--json', '--quiet']

/** The arguments of a run as a person would type them again in a shell. */
export function commandLine(argv: readonly string[]): string {
  const kept: string[] = []
  let rest: readonly string[] = []
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!
    if (arg === '--') {
      rest = argv.slice(i + 1)
      break
    }
    if (OWN.includes(arg)) i++
    else if (!PRINTING.includes(arg) && !OWN.includes(arg.split('=')[0]!)) kept.push(arg)
  }
  const isNeeded = rest.some((arg) => arg.startsWith('-'))
  return commandText(['orchive', ...kept, ...(isNeeded ? ['--'] : []), ...rest])
}
