/**
 * A strict JSON check over bytes that builds no objects: it says where a text stops being JSON, and for the members of a top-level
 * object their kind and length. A state file of tens of MBs costs no memory this way. Grammar: RFC 8259, as JSON.parse takes it.
 */
export type JsonKind = 'object' | 'array' | 'scalar'

export interface JsonMember {
  /** Byte range of the key with its quotes. */
  keyStart: number
  keyEnd: number
  kind: JsonKind
  /** Elements of an array, members of an object, 0 for scalars. */
  length: number
}

export interface JsonScan {
  /** Null when the bytes are one valid JSON text. `isCutShort`: everything is fine up to the end, which comes too early. */
  error: { offset: number; reason: string; isCutShort: boolean } | null
  root: JsonKind
  /** Members of the top-level object in order, doubles included. */
  members: JsonMember[]
}

/** Checks bytes as JSON and measures the top level. */
export function scanJson(bytes: Uint8Array): JsonScan {
  return new Scanner(bytes).run()
}

/** Line and column (in characters, both from 1) of a byte offset. */
export function lineAndColumn(bytes: Uint8Array, offset: number): { line: number; column: number } {
  let line = 1
  let start = 0
  for (let at = bytes.indexOf(0x0a); at >= 0 && at < offset; at = bytes.indexOf(0x0a, start)) {
    line++
    start = at + 1
  }
  return { line, column: new TextDecoder().decode(bytes.subarray(start, offset)).length + 1 }
}

class Failure {
  readonly offset: number
  readonly reason: string
  constructor(offset: number, reason: string) {
    this.offset = offset
    this.reason = reason
  }
}

const OBJECT = 1
const ARRAY = 2
const LITERALS: Record<number, string> = { 116: 'true', 102: 'false', 110: 'null' }

class Scanner {
  readonly #bytes: Uint8Array
  readonly #members: JsonMember[] = []
  /** Open containers, outermost first. */
  #open = new Uint8Array(64)
  #depth = 0
  #at = 0
  /** A container was just opened and has an element. */
  #isFirst = false
  #root: JsonKind = 'scalar'

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  run(): JsonScan {
    try {
      this.#skipSpace()
      this.#value()
      while (this.#depth > 0) this.#next()
      this.#skipSpace()
      if (this.#at < this.#bytes.length) throw new Failure(this.#at, 'there is more text after the end of the JSON')
      return { error: null, root: this.#root, members: this.#members }
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure
      const isCutShort = failure.offset >= this.#bytes.length
      const reason = isCutShort ? 'the text ends too early' : failure.reason
      return { error: { offset: failure.offset, reason, isCutShort }, root: this.#root, members: this.#members }
    }
  }

  /** Inside a container: its first element, or a comma and the next one, or the end of the container. */
  #next(): void {
    const inObject = this.#open[this.#depth - 1] === OBJECT
    if (this.#isFirst) {
      this.#isFirst = false
      this.#element(inObject)
      return
    }
    this.#skipSpace()
    const byte = this.#bytes[this.#at]
    if (byte === (inObject ? 0x7d : 0x5d)) {
      this.#at++
      this.#depth--
      return
    }
    if (byte !== 0x2c) throw new Failure(this.#at, `expected a comma or \`${inObject ? '}' : ']'}\``)
    this.#at++
    this.#skipSpace()
    this.#element(inObject)
  }

  #element(inObject: boolean): void {
    if (this.#depth === 2 && this.#open[0] === OBJECT) this.#members[this.#members.length - 1]!.length++
    if (inObject) this.#key()
    this.#value()
  }

  #key(): void {
    const keyStart = this.#at
    if (this.#bytes[this.#at] !== 0x22) throw new Failure(this.#at, 'expected a name in double quotes')
    this.#string()
    if (this.#depth === 1) this.#members.push({ keyStart, keyEnd: this.#at, kind: 'scalar', length: 0 })
    this.#skipSpace()
    if (this.#bytes[this.#at] !== 0x3a) throw new Failure(this.#at, 'expected a colon after the name')
    this.#at++
    this.#skipSpace()
  }

  #value(): void {
    const byte = this.#bytes[this.#at]
    if (byte === 0x22) this.#string()
    else if (byte === 0x7b || byte === 0x5b) this.#container(byte === 0x7b)
    else if (byte === 0x2d || (byte !== undefined && byte >= 0x30 && byte <= 0x39)) this.#number()
    else {
      const literal = byte === undefined ? undefined : LITERALS[byte]
      if (literal === undefined) throw new Failure(this.#at, 'expected a value')
      this.#literal(literal)
    }
  }

  #container(isObject: boolean): void {
    const kind: JsonKind = isObject ? 'object' : 'array'
    if (this.#depth === 0) this.#root = kind
    else if (this.#depth === 1 && this.#open[0] === OBJECT) this.#members[this.#members.length - 1]!.kind = kind
    this.#at++
    this.#skipSpace()
    if (this.#bytes[this.#at] === (isObject ? 0x7d : 0x5d)) {
      this.#at++
      return
    }
    if (this.#depth === this.#open.length) {
      const grown = new Uint8Array(this.#open.length * 2)
      grown.set(this.#open)
      this.#open = grown
    }
    this.#open[this.#depth++] = isObject ? OBJECT : ARRAY
    this.#isFirst = true
  }

  #string(): void {
    const bytes = this.#bytes
    const end = bytes.length
    let at = this.#at + 1
    for (;;) {
      while (at < end && bytes[at]! !== 0x22 && bytes[at]! !== 0x5c && bytes[at]! >= 0x20) at++
      if (at >= end) throw new Failure(end, 'the text ends too early')
      const byte = bytes[at]!
      if (byte === 0x22) break
      if (byte !== 0x5c) throw new Failure(at, 'a control character inside a string')
      at = this.#escape(at)
    }
    this.#at = at + 1
  }

  #escape(at: number): number {
    const byte = this.#bytes[at + 1]
    if (byte === undefined) throw new Failure(this.#bytes.length, 'the text ends too early')
    if (byte !== 0x75) {
      if (!'"\\/bfnrt'.includes(String.fromCharCode(byte))) throw new Failure(at + 1, 'an unknown escape inside a string')
      return at + 2
    }
    for (let i = at + 2; i < at + 6; i++) {
      const digit = this.#bytes[i]
      if (digit === undefined) throw new Failure(this.#bytes.length, 'the text ends too early')
      if (!isHexDigit(digit)) throw new Failure(i, 'an unknown escape inside a string')
    }
    return at + 6
  }

  #number(): void {
    if (this.#bytes[this.#at] === 0x2d) this.#at++
    if (this.#bytes[this.#at] === 0x30) this.#at++
    else this.#digits()
    if (this.#bytes[this.#at] === 0x2e) {
      this.#at++
      this.#digits()
    }
    const exponent = this.#bytes[this.#at]
    if (exponent === 0x65 || exponent === 0x45) {
      this.#at++
      const sign = this.#bytes[this.#at]
      if (sign === 0x2b || sign === 0x2d) this.#at++
      this.#digits()
    }
  }

  #digits(): void {
    const start = this.#at
    while (isDigit(this.#bytes[this.#at])) this.#at++
    if (this.#at === start) throw new Failure(start, 'expected a digit')
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++, this.#at++) {
      if (this.#bytes[this.#at] !== word.charCodeAt(i)) throw new Failure(this.#at, 'expected a value')
    }
  }

  #skipSpace(): void {
    const bytes = this.#bytes
    for (;;) {
      const byte = bytes[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at++
    }
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
}
