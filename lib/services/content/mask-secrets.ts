/**
 * Finds the values of secrets in text by the names they stand under and by shapes that are nothing else. It is a courtesy to people who look over
 * a shoulder, not a guard: who may read content may download it. Every pattern is bounded, so that no text makes it slow.
 */

/** What stands where a secret was. Always as long, so that the secret's length is not told either. */
export const MASK = '••••••••••••'

const WORDS =
  'token(?!i[sz])|secret(?!ar)|passw(?:or)?d|passphrase|api[-_.]?key|authori[sz]ation|credential|private[-_.]?key|access[-_.]?key|signing[-_.]?key|encryption[-_.]?key|webhook|cookie'
/** A name with one of these words in it: `apiToken`, `X-Api-Key`, `DB_PASSWORD`. */
const NAME = `[\\w.-]{0,40}?(?:${WORDS})[\\w.-]{0,40}`

interface Pattern {
  regex: RegExp
  /** The secrets in a match: places of their values, counted from the start of the text. */
  values(match: RegExpExecArray): Range[]
}

interface Range {
  start: number
  end: number
}

/** A pattern with the named groups `name` (may be missing) and `value`. */
function named(source: string, flags = 'gi'): Pattern {
  return {
    regex: new RegExp(source, `${flags}d`),
    values(match) {
      const place = match.indices?.groups?.value
      const { name, value } = match.groups ?? {}
      return place && value !== undefined && isSecret(name ?? null, value) ? [{ start: place[0], end: place[1] }] : []
    },
  }
}

/** All texts in the match's group `list`: of an array, or the values of an object. */
function listed(source: string, item: RegExp): Pattern {
  return {
    regex: new RegExp(source, 'gid'),
    values(match) {
      const place = match.indices?.groups?.list
      const { name, list } = match.groups ?? {}
      if (!place || list === undefined) return []
      return [...list.matchAll(item)].flatMap((found) => {
        const [from, to] = found.indices?.groups?.value ?? [0, 0]
        return isSecret(name ?? null, found.groups?.value ?? '') ? [{ start: place[0] + from, end: place[0] + to }] : []
      })
    },
  }
}

const STRING = '(?:[^"\\\\\\n]|\\\\.)*'
const START = '(?<![\\w.-])'

const PATTERNS: Pattern[] = [
  // "apiToken": "…", also when the window ends before the closing quote, and numbers.
  named(`"(?<name>${NAME})"\\s{0,20}:\\s{0,20}"(?<value>${STRING})`),
  named(`"(?<name>${NAME})"\\s{0,20}:\\s{0,20}(?<value>-?\\d[\\d.eE+-]*)`),
  listed(`"(?<name>${NAME})"\\s{0,20}:\\s{0,20}\\[(?<list>(?:[\\s,]|"${STRING}"?){0,5000})`, new RegExp(`"(?<value>${STRING})`, 'gd')),
  listed(
    `"(?<name>${NAME})"\\s{0,20}:\\s{0,20}\\{(?<list>(?:[\\s,:\\w.+-]|"${STRING}"?){0,5000})`,
    new RegExp(`:\\s{0,20}"(?<value>${STRING})`, 'gd'),
  ),
  // The same inside a string: \"token\":\"…\".
  named(`\\\\+"(?<name>${NAME})\\\\+"\\s{0,20}:\\s{0,20}\\\\+"(?<value>[^"\\\\\\n]{1,20000})`),
  // Headers say a scheme first: all of the rest is secret.
  named(`${START}(?<name>(?:proxy-)?authorization|(?:set-)?cookie|x-api-key)\\s{0,8}[:=]\\s{0,8}(?<value>[^\\r\\n"']{1,20000})`),
  // API_TOKEN=…, password: "…", --token …
  named(`${START}(?<name>${NAME})\\s{0,8}[:=]\\s{0,8}(?<quote>["'])(?<value>(?:(?!\\k<quote>)[^\\n]){1,20000})`),
  named(`${START}(?<name>${NAME})\\s{0,8}[:=]\\s{0,8}(?<value>[^\\s"',;&)}\\]]{1,20000})`),
  named(`${START}--?(?<name>${NAME})\\s{1,8}(?<value>[^\\s"'-][^\\s"']{0,20000})`),
  named(`\\b(?:bearer|basic)\\s{1,8}(?<value>[A-Za-z0-9._~+/=-]{8,20000})`),
  // https://user:password@host, and hooks whose path is the secret.
  named(`\\b[a-z][a-z0-9+.-]{1,20}://[^\\s/:@"]{0,200}:(?<value>[^\\s/@"]{1,1000})@`),
  named('\\bhttps://(?:hooks\\.slack\\.com/services|discord(?:app)?\\.com/api/webhooks)/(?<value>[\\w/-]{8,300})'),
  // Keys and tokens that look like nothing else.
  named('-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?<value>[^-]{1,20000})', 'g'),
  named(
    '(?<![\\w-])(?<value>gh[pousr]_\\w{20,255}|github_pat_\\w{20,255}|sk-[\\w-]{16,255}|xox[abeprs]-[\\w-]{10,255}|AKIA[0-9A-Z]{16}|AIza[\\w-]{30,60}|eyJ[\\w-]{8,4000}\\.[\\w-]{8,8000}\\.[\\w-]{0,4000})',
    'g',
  ),
]

/** Text with the values of secrets replaced, and how many there were. What stands before `from` is only looked at, to understand what follows. */
export function maskSecrets(text: string, from = 0): { text: string; masked: number } {
  let result = ''
  let at = from
  let masked = 0
  for (const { start, end } of findSecrets(text)) {
    if (end <= from) continue
    result += text.slice(at, Math.max(at, start)) + MASK
    at = end
    masked++
  }
  return { text: result + text.slice(at), masked }
}

const WHOLE_NAME = new RegExp(`^(?:${NAME})$`, 'i')

/** The same for a JSON value that stands under `name`: whatever is under a secret's name, and secrets inside other texts. */
export function maskJson(value: unknown, name: string): { value: unknown; masked: number } {
  let masked = 0
  const visit = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => visit(item, name))
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, visit(member, WHOLE_NAME.test(name) ? name : key)]))
    }
    if (typeof value !== 'string' && typeof value !== 'number') return value
    if (WHOLE_NAME.test(name) && isSecret(name, String(value))) {
      masked++
      return MASK
    }
    if (typeof value === 'number') return value
    const inText = maskSecrets(value)
    masked += inText.masked
    return inText.text
  }
  return { value: visit(value, name), masked }
}

/** Where secrets stand, in order, without overlaps. */
function findSecrets(text: string): Range[] {
  const found: Range[] = []
  for (const { regex, values } of PATTERNS) for (const match of text.matchAll(regex)) found.push(...values(match))
  found.sort((a, b) => a.start - b.start || b.end - a.end)
  const merged: Range[] = []
  for (const range of found) {
    const last = merged.at(-1)
    if (last && range.start < last.end) last.end = Math.max(last.end, range.end)
    else merged.push(range)
  }
  return merged
}

/** Nothing, yes and no are no secrets; nor is what only names one (`$TOKEN`); nor how many tokens a model read. */
function isSecret(name: string | null, value: string): boolean {
  if (/^(?:|null|undefined|none|true|false|\*+|\$\{?\w+\}?|<[\w -]*>|\[?redacted\]?)$/i.test(value) || value.startsWith('•')) return false
  if (!/^-?[\d.,]+(?:[eE][+-]?\d+)?$/.test(value)) return true
  return name !== null && !/token|cookie|webhook/i.test(name)
}
