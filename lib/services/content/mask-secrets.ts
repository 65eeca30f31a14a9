/** What stands where a secret was. As long as no secret is, so that its length is not told either. */
export const MASK = '••••••••••••'

const NAME =
  /[\w.-]*(?:token|secret|passw(?:or)?d|passphrase|api[-_]?key|apikey|authorization|credential|private[-_]?key|access[-_]?key|webhook|signing[-_]?key|client[-_]?secret|cookie)[\w.-]*/i
    .source

/** `"apiToken": "…"`, also when the window cuts the line off before the closing quote. */
const JSON_VALUE = new RegExp(`("${NAME}"\\s*:\\s*)"((?:[^"\\\\\\n]|\\\\.)*)("|$|(?=\\n))`, 'gi')
/** `API_TOKEN=…` and `password: …` in logs and env files. */
const ASSIGNED = new RegExp(`(\\b${NAME}\\s*[=:]\\s*)(?!["\\s•])([^\\s"',;&]+)`, 'gi')
const BEARER = /(\b(?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{8,})/gi
/** `https://user:password@host`. */
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"]+:)([^\s/@"]+)(?=@)/gi

/** Text with the values of secrets replaced, and how many there were. Line breaks and everything else stay where they are. */
export function maskSecrets(text: string): { text: string; masked: number } {
  let masked = 0
  const count = () => {
    masked++
    return MASK
  }
  const result = text
    .replace(JSON_VALUE, (whole, head: string, value: string, end: string) => (value === '' ? whole : `${head}"${count()}${end}`))
    .replace(BEARER, (_whole, head: string) => head + count())
    .replace(URL_PASSWORD, (_whole, head: string) => head + count())
    .replace(ASSIGNED, (_whole, head: string) => head + count())
  return { text: result, masked }
}
