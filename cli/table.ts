/**
 * Rows as aligned columns; `right` names the columns whose numbers line up at the right. Colours in cells do not count. `widths` are those that earlier parts
 * of the same table had; they grow with this one.
 */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = [], widths: number[] = []): string[] {
  const own: number[] = []
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) {
      const width = widthOf(row[i]!)
      own.push(width)
      widths[i] = Math.max(widths[i] ?? 0, width)
    }
  }
  const isRight = widths.map((_, i) => right.includes(i))
  let at = 0
  return rows.map((row) => {
    let line = ''
    for (let i = 0; i < row.length; i++) {
      const pad = ' '.repeat(widths[i]! - own[at++]!)
      line += (i > 0 ? '  ' : '') + (isRight[i] ? pad + row[i]! : row[i]! + pad)
    }
    return line.trimEnd()
  })
}

const COLOR = /\u001b\[[0-9;]*m/g
/** East Asian wide characters and emoji take two columns. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/gu
const COMBINING = /\p{M}/gu
const PLAIN = /^[\x20-\x7e]*$/

/** How many columns of a terminal a text takes. */
function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length
  const shown = text.replace(COLOR, '').replace(COMBINING, '')
  return [...shown].length + (shown.match(WIDE)?.length ?? 0)
}

/** Text that people gave, on one line and without what a terminal would obey. */
export function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim()
}
