/** Tar files as somebody would make them who means harm, or whose tool is broken: every field is what it was given to be. */
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { Random } from './attack.ts'
import { mutate } from './mutate.ts'

const BLOCK = 512

interface Member {
  name: Buffer
  type: string
  link: Buffer
  content: Buffer
  /** What the size field says. */
  sizeText: string
}

/** Type flags of POSIX.1-2001 and GNU tar, and some that nobody has. */
const TYPES = ['0', '0', '0', '0', '5', '5', '2', '2', '1', '1', '3', '4', '6', '7', 'S', 'V', 'M', '\0', 'Z']

/** How often a field is not what it should be: most files are harmless but for a little, or nothing of them would be taken in. */
const WILDNESS = [0, 0.02, 0.05, 0.2, 1]

/** A tar file of random members; `outside` is a folder that no import and no restore has business in. */
export function hostileTar(outside: string, random: Random): { bytes: Buffer; extension: string } {
  const members: Buffer[] = []
  const wild = random.pick(WILDNESS)
  for (let left = 1 + random.below(12); left > 0; left--) members.push(...new MemberMaker(outside, random, wild).make())
  let bytes = Buffer.concat([
    ...members,
    Buffer.alloc(random.chance(wild) ? random.pick([0, BLOCK]) : random.pick([2 * BLOCK, 20 * BLOCK])),
  ])
  if (random.chance(wild / 2)) bytes = Buffer.from(mutate(bytes, bytes, random))
  if (random.chance(wild / 10)) bytes = Buffer.concat([bytes, bytes])
  const [pack, extension] = random.pick([
    [(raw: Buffer) => raw, '.tar'],
    [gzipSync, '.tar.gz'],
    [zstdCompressSync, '.tar.zst'],
  ] as const)
  let packed = Buffer.from(pack(bytes))
  if (random.chance(wild / 5)) packed = Buffer.from(mutate(packed, bytes, random))
  return { bytes: packed, extension }
}

class MemberMaker {
  private readonly outside: string
  private readonly random: Random
  private readonly wild: number

  constructor(outside: string, random: Random, wild: number) {
    this.outside = outside
    this.random = random
    this.wild = wild
  }

  *make(): Generator<Buffer> {
    const { random } = this
    const type = this.either(['0', '0', '0', '5', '2', '1'], TYPES)
    const content = type === '0' ? Buffer.alloc(random.pick([0, 1, 511, 512, 513, 3000, 140_000]), random.below(256)) : Buffer.alloc(0)
    const sizeText = this.either([content.length.toString(8)], ['77777777777', '-1', '', '9', '0x20', '\x80\0\0\0\0\0\0\0\0\0\x01', '1 1'])
    const member: Member = { name: this.name(), type, link: this.link(), content, sizeText }
    if (random.chance(0.15)) yield this.pax()
    if (random.chance(0.1)) {
      const long = Buffer.concat([this.name(), Buffer.alloc(1)])
      yield this.raw({ ...member, ...sized(long), name: Buffer.from('././@LongLink'), type: random.pick(['L', 'K']) })
    }
    yield this.raw(member)
  }

  /** One of the harmless ones, or now and then one of the others. */
  private either<T>(harmless: readonly T[], wild: readonly T[]): T {
    return this.random.pick(this.random.chance(this.wild) ? wild : harmless)
  }

  private name(): Buffer {
    const away = this.outside.slice(this.outside.lastIndexOf('/') + 1)
    const harmless = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `logs/${letter}${this.random.below(1000)}`)
    // That collide: what was a file is a folder, what was a link has something below it.
    const colliding = [
      'logs',
      'logs/way-out',
      'logs/way-out/evil',
      'logs/a.log',
      'logs/a.log/below-a-file',
      'logs/u\u0308',
      'logs/with\nnewline',
      'logs/<img src=x onerror=alert(1)>',
    ]
    const wild = [
      ...[
        '.',
        './',
        '',
        '/',
        '..',
        '.orchive/manifest.json',
        '.orchive-restore-x/evil',
        'C:\\evil',
        '..\\evil',
        'logs/\xff\xfe',
        `logs/${'x'.repeat(90)}`,
      ],
      ...[`../${away}/evil`, `logs/../../${away}/evil`, `logs/./../../${away}/evil`, `logs//../..//${away}/evil`],
      ...[`${this.outside}/evil`, this.outside, `//${this.outside}/evil`],
    ]
    return Buffer.from(this.either(this.random.chance(0.2) ? colliding : harmless, wild), this.random.chance(0.5) ? 'latin1' : 'utf8')
  }

  /** Symbolic links may point anywhere; what matters is that nobody follows them. */
  private link(): Buffer {
    return this.random.chance(0.5)
      ? this.name()
      : Buffer.from(this.random.pick([this.outside, '../..', '/', `${this.outside}/evil`, 'logs/a.log', '.']))
  }

  private pax(): Buffer {
    const { random } = this
    const [key, value] = this.either(
      [
        ['mtime', '1600000000.25'],
        ['SCHILY.xattr.user.x', 'y'],
        ['path', `logs/${'d/'.repeat(60)}deep`],
        ['linkpath', this.link().toString('latin1')],
      ],
      [
        ['path', this.name().toString('latin1')],
        ['path', 'logs/with\0nul'],
        ['size', random.pick(['0', '5', '99999999999999999999', '-1', 'x'])],
        ['mtime', random.pick(['-1.5', '1e9', '99999999999999', 'NaN'])],
        ['uid', random.pick(['0', '4294967296', '-1'])],
        ['GNU.sparse.map', '0,1,5,5'],
        ['GNU.sparse.realsize', '1000000000000'],
      ],
    ) as [string, string]
    const content = Buffer.from(
      this.either(
        [recordOf(key, value)],
        ['0', '-5', '99999', 'a'].map((length) => `${length} ${key}=${value}\n`),
      ),
      'latin1',
    )
    return this.raw({ name: Buffer.from('pax'), link: Buffer.alloc(0), type: this.either(['x'], ['x', 'g']), ...sized(content) })
  }

  /** Head and content, padded. */
  private raw({ name, type, link, content, sizeText }: Member): Buffer {
    const head = Buffer.alloc(BLOCK)
    name.copy(head, 0, 0, 100)
    head.write(this.either(['0000644', '0000755'], ['0007777', '7777777', 'abcdefg']), 100)
    head.write('0000000', 108)
    head.write('0000000', 116)
    head.write(sizeText.slice(0, 11), 124, 'latin1')
    head.write(this.either(['14371573000'], ['00000000000', '77777777777', '-0000000001']), 136)
    head.fill(' ', 148, 156)
    head.write(type, 156, 'latin1')
    link.copy(head, 157, 0, 100)
    head.write(this.either(['ustar\x0000'], ['ustar  \0', '']), 257, 'latin1')
    if (this.random.chance(this.wild / 4)) name.copy(head, 345, 0, 155)
    const sum = head.reduce((total, byte) => total + byte, 0) + (this.random.chance(this.wild / 10) ? 1 : 0)
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return Buffer.concat([head, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)])
  }
}

/** Content with the size that it has. */
const sized = (content: Buffer) => ({ content, sizeText: content.length.toString(8) })

/** A pax record: its own length in decimal, that number included, then key and value. */
function recordOf(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}
