/**
 * The longest part of a damaged JSON text that can be believed: everything up to where it stops being JSON, without the element of a list that is cut
 * there. So a record is whole or not there.
 */
import { parseJsonText } from '#lib/base/json-text.ts'
import type { Json } from '../compare/json/json-value.ts'

export interface Salvage {
  /** Null when not even the beginning can be used. */
  value: Json | null
  /** Bytes from the start that were used. */
  usedBytes: number
  sizeBytes: number
  /** True when it is whole: there was nothing to salvage. */
  isWhole: boolean
}

/** A container that is open at some place of the text. */
interface Open {
  isList: boolean
  /** Offset after its last whole element or member, or after its bracket. */
  wholeEnd: number
}

const CODE = {
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  colon: 0x3a,
  openList: 0x5b,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
}

/** Salvages a JSON text. Never throws; cost is one pass over the bytes and one parse of what is kept. */
export function salvageJson(bytes: Uint8Array): Salvage {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = parse(text.toString('utf8'))
  const none: Salvage = { value: null, usedBytes: 0, sizeBytes: bytes.length, isWhole: false }
  if (whole !== undefined) return { ...none, value: whole, usedBytes: bytes.length, isWhole: true }
  // What is JSON up to some place may still break a rule that the scan does not know: then less of it is tried.
  for (let end = bytes.length; ; ) {
    const cut = cutOf(scan(text, end))
    if (cut === null) return none
    const value = parse(`${text.toString('utf8', 0, cut.end)}${cut.closers}`)
    if (value !== undefined) return { ...none, value, usedBytes: cut.end }
    if (cut.end >= end) return none
    end = cut.end - 1
  }
}

function parse(text: string): Json | undefined {
  try {
    return parseJsonText(text) as Json
  } catch {
    return undefined
  }
}

/** Where the kept part ends, and what closes it. */
function cutOf({ open, rootEnd }: Scan): { end: number; closers: string } | null {
  if (rootEnd !== null) return { end: rootEnd, closers: '' }
  if (open.length === 0) return null
  const list = open.findIndex(({ isList }) => isList)
  const kept = list === -1 ? open : open.slice(0, list + 1)
  const closers = kept.map(({ isList }) => (isList ? ']' : '}')).reverse()
  return { end: kept.at(-1)!.wholeEnd, closers: closers.join('') }
}

interface Scan {
  /** Containers open where it stopped, outermost first. */
  open: Open[]
  /** Where the outermost container was closed, when something follows that does not belong to it. */
  rootEnd: number | null
}

/** Reads tokens up to `end`, or to the first that cannot stand there. */
function scan(text: Buffer, end: number): Scan {
  const open: Open[] = []
  const stopped = { open, rootEnd: null }
  /** Whether a value, not a key or punctuation, comes next. */
  let wantsValue = true
  let isKey = false
  for (let at = text[0] === 0xef ? 3 : 0; at < end; ) {
    const code = text[at]!
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      at++
      continue
    }
    const top = open.at(-1)
    if (code === CODE.openObject || code === CODE.openList) {
      if (!wantsValue || isKey) return stopped
      const isList = code === CODE.openList
      open.push({ isList, wholeEnd: ++at })
      isKey = !isList
      continue
    }
    if (code === CODE.closeObject || code === CODE.closeList) {
      if (!top || top.isList !== (code === CODE.closeList)) return stopped
      open.pop()
      at++
      const above = open.at(-1)
      if (!above) return { open, rootEnd: at }
      above.wholeEnd = at
      wantsValue = false
      isKey = false
      continue
    }
    if (code === CODE.comma) {
      if (!top || wantsValue) return stopped
      wantsValue = true
      isKey = !top.isList
      at++
      continue
    }
    if (code === CODE.colon) {
      if (isKey || !wantsValue || !top || top.isList) return stopped
      at++
      continue
    }
    if (!wantsValue || !top) return stopped
    const next = code === CODE.quote ? endOfString(text, at, end) : endOfWord(text, at, end)
    if (next === null) return stopped
    at = next
    if (isKey) isKey = false
    else {
      top.wholeEnd = at
      wantsValue = false
    }
  }
  return stopped
}

function endOfString(text: Buffer, from: number, end: number): number | null {
  for (let at = from + 1; at < end; at++) {
    const code = text[at]!
    if (code === CODE.backslash) at++
    else if (code === CODE.quote) return at + 1
    else if (code < 0x20) return null
  }
  return null
}

/** Numbers, true, false and null. One that touches the end may go on behind it, so it is not whole. */
function endOfWord(text: Buffer, from: number, end: number): number | null {
  let at = from
  while (at < end && /[\w.+-]/.test(String.fromCharCode(text[at]!))) at++
  const word = text.toString('latin1', from, at)
  return at < end && /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(word) ? at : null
}
