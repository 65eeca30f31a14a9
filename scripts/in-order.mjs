/** What runs at the same time tells one after another: the first part that is not over as it goes, the others when their turn has come. */
export class InOrder {
  #parts = []
  #stream

  constructor(stream = process.stdout) {
    this.#stream = stream
  }

  /** A part of its own, after those that were opened before it. Give `write` what it prints, and `end` a last line. */
  open(title) {
    const part = { text: [`\n── ${title}\n`], isOver: false }
    this.#parts.push(part)
    this.#tell()
    return {
      write: (chunk) => {
        part.text.push(chunk)
        this.#tell()
      },
      end: (line) => {
        part.text.push(`${line}\n`)
        part.isOver = true
        this.#tell()
      },
    }
  }

  #tell() {
    for (;;) {
      const [first] = this.#parts
      if (first === undefined) return
      for (const chunk of first.text.splice(0)) this.#stream.write(chunk)
      if (!first.isOver) return
      this.#parts.shift()
    }
  }
}
