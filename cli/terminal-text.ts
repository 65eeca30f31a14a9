/** What reaches a terminal: names, notes and messages come from archives and other people, and a terminal obeys what it is told in control bytes. */

/** Colours that this program sets itself; all else that begins with an escape is shown, not obeyed. */
const OWN_COLORS = /^\u001b\[(?:0|1|2|22|3[1-69]|90)m/
/** Control characters but newline and tab, and those that turn the order of the text around them. */
const OBEYED = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
const HAS_OBEYED = new RegExp(OBEYED.source)

/** The text with everything that a terminal would obey written out, as paths write it. */
export function terminalText(text: string): string {
  if (!HAS_OBEYED.test(text)) return text
  return text.replace(OBEYED, (character, at: number) =>
    character === '\u001b' && OWN_COLORS.test(text.slice(at, at + 5)) ? character : escaped(character.charCodeAt(0)),
  )
}

const escaped = (code: number) => (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`)
