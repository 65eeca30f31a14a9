import { AppError } from '#lib/base/errors.ts'
import { ID_DIGITS, ID_WORDS, readIdWords } from './index-lines.ts'

const [TAB, NEWLINE, COMMA] = [0x09, 0x0a, 0x2c] as const
/** Fields of a line before that of its frames. */
const FIELDS_BEFORE = 7

/**
 * Goes through the frames that the lines of a section name, straight from its bytes: with a million files and hundreds of archives, lines taken apart as
 * text are most of the time. `visit` gets the words of one id at a time, in memory that the next one overwrites. Throws `repository_damaged` for a line
 * without that field; the others are not looked at.
 */
export function visitFrames(section: Uint8Array, visit: (id: Uint32Array) => void): void {
  const id = new Uint32Array(ID_WORDS)
  for (let start = 0; start < section.length; ) {
    let at = start
    for (let tabs = 0; tabs < FIELDS_BEFORE; at++) {
      const byte = section[at]
      if (byte === TAB) tabs++
      else if (byte === NEWLINE || byte === undefined) throw damaged(section, start)
    }
    while (section[at] !== TAB) {
      if (!readIdWords(section, at, id, 0)) throw damaged(section, start)
      visit(id)
      at += ID_DIGITS
      // Behind a comma there is another one.
      if (section[at] === COMMA && section[at + 1] !== TAB) at++
      else if (section[at] !== TAB) throw damaged(section, start)
    }
    const end = section.indexOf(NEWLINE, at)
    if (end === -1) throw damaged(section, start)
    start = end + 1
  }
}

function damaged(section: Uint8Array, from: number): AppError {
  const line = Buffer.from(section.subarray(from, from + 120)).toString('utf8')
  return new AppError('repository_damaged', {
    message: `A manifest line cannot be read: ${line.split('\n', 1)[0]}`,
    hint: 'Run `orchive verify --all` to see which archives are affected.',
  })
}
