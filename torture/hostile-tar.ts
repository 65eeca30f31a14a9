/** Tar files as nobody means them: made of members that are odd each in another way, and sound in between. */
import { createHash } from 'node:crypto'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { BLOCK, END_OF_ARCHIVE, paddingOf } from '#lib/engine/tar/head.ts'
import { noise } from '#test/builders/random-tree.ts'
import type { Random } from './attack.ts'
import { mutate } from './mutate.ts'

const FLAGS = ['\0', '1', '2', '3', '4', '5', '6', '7', 'S', 'D', 'M', 'N', 'V', 'g', 'x', 'L', 'K', 'A', '\xff']
const SIZES = [1, 511, 513, 0o77777777777, Number.MAX_SAFE_INTEGER, 2 ** 62, -1, -512]
const TIMES = ['0', '-1', '1.5', '99999999999', '-99999999999', '1e9', '999999999999.999999999', 'now']
const PAX_KEYS = [
  'path',
  'linkpath',
  'size',
  'mtime',
  'uid',
  'gid',
  'hdrcharset',
  'GNU.sparse.major',
  'GNU.sparse.map',
  'GNU.sparse.size',
  'GNU.sparse.realsize',
  'GNU.sparse.offset',
  'GNU.sparse.numbytes',
  'GNU.sparse.name',
  'SCHILY.xattr.user.a',
  '__proto__',
]
const GOOD_NAMES = ['logs/a', 'logs/b.jsonl', 'logs/deep/er/c', 'knowledge-packs/p.json', 'orchestrator_state.json', 'ü/x']

export interface HostileTar {
  bytes: Buffer
  /** SHA-256 of each file by its name, as an export would name them. */
  checksums: Record<string, string>
}

/** A plain tar file; `prey` is a folder that nothing of it may reach, absolute. */
export function hostileTar(random: Random, prey: string): HostileTar {
  const checksums: Record<string, string> = {}
  const pieces: Buffer[] = []
  const oddness = random.pick([0, 0.1, 0.4])
  for (let left = 1 + random.below(10); left > 0; left--)
    pieces.push(random.chance(oddness) ? oddMember(random, prey) : soundFile(random, checksums))
  if (random.chance(0.9)) pieces.push(END_OF_ARCHIVE)
  if (random.chance(0.05)) pieces.push(...pieces)
  return { bytes: Buffer.concat(pieces), checksums }
}

/** A few random changes, mostly inside the checksums of the heads. */
export function damage(tar: Buffer, random: Random): Buffer {
  const bytes = mutate(tar, tar, random)
  if (random.chance(0.7))
    for (let at = 0; at + BLOCK <= bytes.length; at += BLOCK) if (isHead(bytes, at)) seal(bytes.subarray(at, at + BLOCK))
  return bytes
}

/** As it is, as .tar.gz or as .tar.zst. */
export function packed(tar: Buffer, random: Random): Buffer {
  switch (random.below(4)) {
    case 0:
      return gzipSync(tar, { level: 1 })
    case 1:
      return zstdCompressSync(tar, {
        params: { [constants.ZSTD_c_contentSizeFlag]: random.below(2), [constants.ZSTD_c_checksumFlag]: random.below(2) },
      })
    default:
      return tar
  }
}

/** A member with content whose head says so; the name is Latin-1, a byte a letter. */
export function fileMember(name: string, content: Buffer): Buffer {
  return Buffer.concat([head({ name, size: content.length }), content, Buffer.alloc(paddingOf(content.length))])
}

function soundFile(random: Random, checksums: Record<string, string>): Buffer {
  const good = random.pick(GOOD_NAMES)
  const name = good.includes('/') ? `${good}${random.below(4) || ''}` : good
  const content = noise(random.chance(0.02) ? 700_000 : random.below(3000), random.below(1000) + 1)
  checksums[name] = createHash('sha256').update(content).digest('hex')
  return fileMember(Buffer.from(name).toString('latin1'), content)
}

function oddMember(random: Random, prey: string): Buffer {
  const name = oddName(random, prey)
  const link = random.pick([prey, `${prey}/kept`, '../prey', '../../prey/kept', '/etc/passwd', 'logs/a', 'logs', '', name])
  const content = noise(random.below(1200), 7)
  const size = random.chance(0.8) ? content.length : random.pick(SIZES)
  const body = Buffer.concat([content, Buffer.alloc(paddingOf(content.length))])
  const long = (flag: string, text: string) =>
    Buffer.concat([head({ name: '././@LongLink', flag, size: text.length }), padded(Buffer.from(text, 'latin1'))])
  switch (random.below(7)) {
    case 0:
      return Buffer.concat([long('L', name), head({ name: 'x', size }), body])
    case 1:
      return Buffer.concat([long('K', link), head({ name, flag: random.pick(['1', '2']), link })])
    case 2:
      return Buffer.concat([
        pax(oddRecords(random, name, link), random),
        head({ name: 'logs/pax', flag: random.pick(['0', '1', '2', '5']), size, link }),
        body,
      ])
    case 3:
      // A link, and something that would go through it.
      return Buffer.concat([head({ name: 'logs/out', flag: '2', link }), fileMember(random.pick(['logs/out/new', 'logs/out']), content)])
    case 4:
      return head({ name, flag: random.pick(['1', '2', '5']), link })
    default:
      return Buffer.concat([head({ name, flag: random.pick(FLAGS), size, link, isRaw: random.chance(0.3) }), body])
  }
}

function oddName(random: Random, prey: string): string {
  const parts = random.chance(0.02) ? 1 << random.below(19) : random.below(60)
  return random.pick([
    `${prey}/new`,
    `..${prey}/new`,
    '../prey/new',
    '../../prey/kept',
    'logs/../../../prey/kept',
    './/logs//./x',
    'logs/..',
    '..',
    '.',
    '/',
    '',
    'logs/\0x',
    'logs/\nx\t\\x41',
    'logs\\..\\..\\prey',
    '\xff\xfe/\x80',
    'logs/a/below',
    '.orchive/manifest.json',
    '.orchive-restore-job_1/staged',
    '20260329_023000/logs/a',
    'n'.repeat(300),
    'p/'.repeat(parts),
    `${'q'.repeat(250)}/`.repeat(1 + random.below(20)),
  ])
}

function oddRecords(random: Random, name: string, link: string): Record<string, string> {
  const values: Record<string, string> = { path: name, linkpath: link, size: String(random.pick(SIZES)), mtime: random.pick(TIMES) }
  const keys = Array.from({ length: 1 + random.below(3) }, () => random.pick(PAX_KEYS))
  return Object.fromEntries(
    keys.map((key) => [
      key,
      values[key] ??
        random.pick([
          '0',
          '1',
          '-1',
          '0,512',
          '512,512,2048,0',
          '1,1,0,1',
          '4294967296',
          '1152921504606846976',
          '99999999999999999999',
          '',
        ]),
    ]),
  )
}

/** A pax header; now and then a record lies about its length, or it holds for all that come. */
function pax(records: Record<string, string>, random: Random): Buffer {
  const text = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`
    let length = rest.length + 1
    while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length
    return `${random.chance(0.05) ? random.below(5000) - 1000 : length}${rest}`
  })
  const body = Buffer.from(text.join(''), 'latin1')
  return Buffer.concat([head({ name: 'pax', flag: random.chance(0.1) ? 'g' : 'x', size: body.length }), padded(body)])
}

interface Head {
  name: string
  flag?: string
  size?: number
  link?: string
  /** As programs before POSIX wrote it. */
  isRaw?: boolean
}

function head({ name, flag = '0', size = 0, link = '', isRaw = false }: Head): Buffer {
  const block = Buffer.alloc(BLOCK)
  block.write(name, 0, 100, 'latin1')
  block.write('0000755\0', 100, 'latin1')
  block.write('0000000\x000000000\0', 108, 'latin1')
  writeSize(block, size)
  block.write('14000000000\0', 136, 'latin1')
  block.write(flag, 156, 1, 'latin1')
  block.write(link, 157, 100, 'latin1')
  if (!isRaw) block.write('ustar\x0000', 257, 'latin1')
  seal(block)
  return block
}

function writeSize(block: Buffer, size: number): void {
  if (size >= 0 && size <= 0o77777777777) block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  else {
    // GNU's binary form.
    block.fill(size < 0 ? 0xff : 0, 124, 136)
    block.writeBigInt64BE(BigInt(size), 128)
    block[124]! |= 0x80
  }
}

function seal(block: Buffer): void {
  block.fill(0x20, 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}

const isHead = (bytes: Buffer, at: number) => bytes.toString('latin1', at + 257, at + 262) === 'ustar'
const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(paddingOf(bytes.length))])
