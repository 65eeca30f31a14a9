/** A mistake on the command line: what it is, and what was likely meant. */
export interface UsageMistake {
  message: string
  suggestion: string | null
}

/** What the parser says of a mistake, in words of ours; `text` may have its suggestion on a second line. */
export function usageMistake(text: string): UsageMistake {
  const [first = '', second] = text.trim().split('\n')
  const said = first.replace(/^error: /, '')
  const suggestion = second?.replace(/^\(|\)$/g, '') || null
  for (const [pattern, inOurs] of WORDS) {
    const match = pattern.exec(said)
    if (match) return { message: inOurs(...match.slice(1)), suggestion }
  }
  return { message: said.endsWith('.') ? capitalised(said) : `${capitalised(said)}.`, suggestion }
}

const WORDS: readonly (readonly [pattern: RegExp, inOurs: (...what: string[]) => string])[] = [
  [/^missing required argument '(.+)'$/, (name) => `${name!.toUpperCase()} is missing.`],
  [/^required option '(.+)' not specified$/, (option) => `${option} is missing.`],
  [/^option '(.+)' argument missing$/, (option) => `${option} needs its value.`],
  [
    /^option '(.+)' argument '(.*)' is invalid\. Allowed choices are (.+)\.$/,
    (option, value, all) => `${option} is “${value}”, and not one of ${all}.`,
  ],
  [/^unknown option '(.+)'$/, (option) => `There is no option ${option} here.`],
  [/^unknown command '(.+)'$/, (verb) => `There is no verb “${verb}”.`],
  // A group of verbs without one.
  [/^\(outputHelp\)$/, () => 'Say which verb of these.'],
]

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
