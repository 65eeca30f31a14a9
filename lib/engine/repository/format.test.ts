/** docs/repository-format.md against the code: its examples are read from the page and have to mean what it says. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Entry, formatEntryLine, parseEntryLine } from '../entry.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { encodeHead } from '../tar/head.ts'
import { LOOSE_MASK, MAX_CHUNK, MEAN_CHUNK, MIN_CHUNK, SMALL_LIMIT, STRICT_MASK } from './chunker.ts'
import { plainCodec } from './codec.ts'
import { FrameIndex } from './frame-index.ts'
import { acquireLease } from './lease.ts'
import { decodeManifest, encodeManifest } from './manifest.ts'
import { decodeMark, writeMark } from './mark.ts'
import { indexNameOf, PACK_BYTES, packName } from './pack.ts'
import { deriveFrames, loadIndexes, parseIndex } from './pack-index.ts'
import { initRepository, openRepository } from './repository.ts'
import { openObject, sealObject } from './seal.ts'
import { sealedCodec } from './sealed-codec.ts'
import { SealedObjects } from './sealed-objects.ts'
import { sealerWith } from './sealed-packs.ts'
import { expandKey, sealKeys } from './sealing.ts'
import { endsSection, MAX_LINES, SectionCutter } from './section.ts'

const PAGE = readFileSync('docs/repository-format.md', 'utf8')

/** The text under a heading, up to the next one. */
function under(heading: string): string {
  const at = PAGE.indexOf(`\n## ${heading}\n`)
  expect([heading, at]).not.toEqual([heading, -1])
  return PAGE.slice(at + 1).split(/\n## /)[0]!
}
/** The only fenced block under a heading. */
function example(heading: string): string {
  const blocks = [...under(heading).matchAll(/^```\n([\s\S]*?)^```$/gm)]
  expect(blocks).toHaveLength(1)
  return blocks[0]![1]!
}
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')

let folder: string
let storage: Storage
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-format-'))
  storage = openLocalStorage(folder)
})
afterEach(() => {
  storage.close()
  rmSync(folder, { recursive: true })
})

function place(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), content)
}

const MANIFEST_ID = 'arc_000102030405060708090a0b'
const pack = () => Buffer.from(example('Packs').replaceAll('\n', ''), 'hex')

test('packs and indexes: the frames of the pack are those that its index names, and so is its file', async () => {
  const name = packName(sha256(pack()))
  expect(under('Indexes')).toContain(`\`${name}\``)
  const { kind, frames } = parseIndex('the example', sealObject(Buffer.from(example('Indexes'))))
  expect(kind).toBe('data')
  expect(frames).toEqual(deriveFrames(pack(), plainCodec))
  expect(frames.map(({ id }) => id)).toEqual([sha256('hello\n'), sha256(Buffer.alloc(1024))])
  place(name, pack())
  place(indexNameOf(name), sealObject(Buffer.from(example('Indexes'))))
  const index = new FrameIndex()
  await loadIndexes({ storage, objects: storage, codec: plainCodec }, index)
  expect(index.get(sha256(Buffer.alloc(1024)))).toEqual({ pack: name, offset: 15, storedBytes: 11, rawBytes: 1024 })
  expect(under('Packs')).toContain(PACK_BYTES.toLocaleString('en'))
})

test('sections: the lines have the id and the frames that the page names', () => {
  const lines = example('Sections').trimEnd().split('\n')
  const id = plainCodec.frameId(Buffer.from(example('Sections')))
  expect(under('Sections')).toContain(`\`${id}\``)
  expect(example('Manifests')).toContain(`section\t${id}\t2\tlogs\n`)
  const entries = lines.map(parseEntryLine)
  expect(entries.map(formatEntryLine)).toEqual(lines)
  const content = Buffer.from('hello world\n')
  expect(entries[1]!.sha256).toBe(sha256(content))
  expect(entries.map(({ frames }) => frames)).toEqual([
    [plainCodec.frameId(encodeHead(entries[0]!))],
    [plainCodec.frameId(encodeHead(entries[1]!)), plainCodec.frameId(Buffer.concat([content, Buffer.alloc(500)]))],
  ])
})

test('sections: where they end', () => {
  const rows = [...under('Sections').matchAll(/^\| `([^`]+)` +\| `([0-9a-f]{8})` +\| (yes|no) +\|$/gm)]
  expect(rows.length).toBeGreaterThan(5)
  for (const [, path, hash, ends] of rows) {
    expect([path, fnv1a(path!)]).toEqual([path, hash])
    expect([path, ((Number.parseInt(hash!, 16) >>> 13) & 63) === 0 ? 'yes' : 'no', endsSection(path!)]).toEqual([
      path,
      ends,
      ends === 'yes',
    ])
  }
  const ending = rows.find(([, , , ends]) => ends === 'yes')![1]!
  const cutter = new SectionCutter(plainCodec)
  expect(cutter.push('logs', 'a')).toBe(null)
  expect(cutter.push(ending, 'b')).toMatchObject({ entries: 2, firstPath: 'logs', id: sha256('a\nb\n') })
  cutter.push('logs/z', 'c')
  expect(cutter.endBefore('logs/zz')).toBe(null)
  expect(cutter.endBefore('logs.json')).toMatchObject({ entries: 1, firstPath: 'logs/z' })
  // A path that ends no section, as often as it takes.
  for (let i = 1; i < MAX_LINES; i++) expect(cutter.push('logs', 'x')).toBe(null)
  expect(cutter.push('logs', 'x')).toMatchObject({ entries: MAX_LINES })
  expect(MAX_LINES).toBe(512)
})

/** FNV-1a as published, over UTF-16 code units. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5n
  for (let i = 0; i < text.length; i++) hash = ((hash ^ BigInt(text.charCodeAt(i))) * 0x01000193n) % 2n ** 32n
  return hash.toString(16).padStart(8, '0')
}

test('manifests: the example is one, written as the code writes it, and every header is in the table', () => {
  const text = example('Manifests')
  const manifest = decodeManifest(MANIFEST_ID, sealObject(Buffer.from(text)))
  expect(openObject(encodeManifest(manifest)).toString()).toBe(text)
  expect(manifest.sections.reduce((sum, { entries }) => sum + entries, 0)).toBe(manifest.totals.entries)
  const named = [...under('Manifests').matchAll(/^\| (`[^|]+)\|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  )
  expect(named.sort()).toEqual([...Object.keys(manifest)].filter((name) => name !== 'version' && name !== 'sections').sort())
})

/** The example with a changed body and an end line that fits. */
function altered(change: (body: string) => string): Buffer {
  const text = example('Manifests')
  const body = change(text.slice(0, text.lastIndexOf('end ')))
  return sealObject(Buffer.from(`${body}end ${body.split('\n').length - 1} ${sha256(body)}\n`))
}

test('manifests: a header of an unknown name is passed over, everything else that is not known is refused', () => {
  const known = decodeManifest(
    MANIFEST_ID,
    altered((body) => body),
  )
  expect(
    decodeManifest(
      MANIFEST_ID,
      altered((body) => body.replace('section\t', 'colour\t{"of":"tomorrow"}\nsection\t')),
    ),
  ).toMatchObject(known)
  const refused: [string, string, Buffer][] = [
    ['another first line', 'repository_unknown_format', altered((body) => body.replace('manifest 1', 'manifest 2'))],
    ['a header that is missing', 'repository_damaged', altered((body) => body.replace(/^maps\t.*\n/m, ''))],
    ['a header that is no JSON', 'repository_damaged', altered((body) => body.replace('"orch-1"', 'orch-1'))],
    ['another id', 'repository_damaged', altered((body) => body.replace(MANIFEST_ID, 'arc_ff0102030405060708090a0b'))],
  ]
  for (const [what, code, stored] of refused) expect([what, codeOf(() => decodeManifest(MANIFEST_ID, stored))]).toEqual([what, code])
})

test.each([
  ['items', 'null'],
  ['items', '[{}]'],
  [
    'items',
    '[{"key":"a","label":"A","importance":"high","kind":"folder","archiveName":"..","sourcePath":null,"configured":null,"files":0,"contentBytes":0}]',
  ],
  ['createdAt', '5'],
  ['createdAt', '"soon"'],
  ['kind', '"other"'],
  ['root', '"relative"'],
  ['series', '"../../x"'],
  ['workspaceId', '"ws_1"'],
  ['seriesNumber', '0'],
  ['seriesNumber', '1e308'],
  ['note', '{"a":1}'],
  ['parentId', '7'],
  ['maps', '[{"from":1}]'],
  ['configPaths', 'null'],
  ['baselines', '{"state":{"sizeBytes":1,"lists":{"tasks":-1}}}'],
  ['findings', '[{"severity":"evil","code":"x","path":null,"message":"y"}]'],
  ['totals', '{"files":-1,"entries":3,"contentBytes":33,"storedBytes":1290}'],
  ['section', 'zz\t2\tlogs'],
  ['section', `${'0'.repeat(64)}\tmany\tlogs`],
])('manifests: a whole one whose %s is %s is refused', (name, value) => {
  const stored = altered((body) => body.replace(new RegExp(`^${name}\\t.*$`, 'm'), () => `${name}\t${value}`))
  expect(codeOf(() => decodeManifest(MANIFEST_ID, stored))).toBe('repository_damaged')
})

test('manifests: one that is cut short or differs in any one byte is refused', () => {
  const text = Buffer.from(example('Manifests'))
  for (let at = 0; at < text.length; at++) {
    const bytes = Buffer.from(text)
    bytes[at]! ^= 0x01
    expect([at, codeOf(() => decodeManifest(MANIFEST_ID, sealObject(bytes)))]).toEqual([at, 'repository_damaged'])
    expect([at, codeOf(() => decodeManifest(MANIFEST_ID, sealObject(text.subarray(0, at))))]).toEqual([at, 'repository_damaged'])
  }
  const sealed = sealObject(text)
  for (const stored of [sealed.subarray(0, -1), Buffer.concat([sealed, sealed]), Buffer.concat([sealed, Buffer.from([0])])]) {
    expect(codeOf(() => decodeManifest(MANIFEST_ID, stored))).toBe('repository_damaged')
  }
})

test('marks: the example is what the code writes, under the name that the page gives', async () => {
  const name = `marks/${MANIFEST_ID}/000001-hold.json`
  const { seq, ...mark } = decodeMark(name, Buffer.from(example('Marks')))
  expect(seq).toBe(1)
  await writeMark(storage, MANIFEST_ID, mark)
  expect(String(await storage.get(name))).toBe(example('Marks'))
  expect((await writeMark(storage, MANIFEST_ID, { kind: 'release', at: mark.at, actor: 'lee', reason: 'done' })).seq).toBe(2)
  expect(await storage.stat(`marks/${MANIFEST_ID}/000002-release.json`)).not.toBe(null)
})

test('marks: one that differs in any one byte is refused', () => {
  const name = `marks/${MANIFEST_ID}/000001-hold.json`
  const text = Buffer.from(example('Marks'))
  for (let at = 0; at < text.length; at++) {
    const bytes = Buffer.from(text)
    bytes[at]! ^= 0x01
    expect([at, codeOf(() => decodeMark(name, bytes))]).toEqual([at, 'repository_damaged'])
  }
  expect(codeOf(() => decodeMark(`marks/${MANIFEST_ID}/1-hold.json`, text))).toBe('repository_damaged')
})

test.each([
  'null',
  '5',
  'no JSON',
  '{"kind":"hold"}',
  '{"kind":"hold","at":"2025-11-25T09:30:00.000Z","actor":"lee","reason":{"a":1},"until":null}',
  '{"kind":"hold","at":"2025-11-25T09:30:00.000Z","actor":"lee","reason":"x","until":"later"}',
  '{"kind":"hold","at":5,"actor":"lee","reason":"x","until":null}',
  '{"kind":"release","at":"2025-11-25T09:30:00.000Z","actor":"lee","reason":"x"}',
])('marks: a whole one that says %s under the name of a hold is refused', (line) => {
  const stored = Buffer.from(`${line}\n${sha256(`${line}\n`)}\n`)
  expect(codeOf(() => decodeMark(`marks/${MANIFEST_ID}/000001-hold.json`, stored))).toBe('repository_damaged')
})

test('marks: one of a kind that a later version made is kept', () => {
  const line = '{"kind":"seal","at":"2025-11-25T09:30:00.000Z","actor":"lee","of":"tomorrow"}\n'
  expect(decodeMark(`marks/${MANIFEST_ID}/000002-seal.json`, Buffer.from(`${line}${sha256(line)}\n`))).toMatchObject({
    seq: 2,
    of: 'tomorrow',
  })
})

test('the lease: the example is understood, and one made here has the same fields', async () => {
  place('locks/writer.json', example("The writer's lease"))
  const options = { purpose: 'a test', since: 'now', monotonicMs: () => 0 }
  await expect(acquireLease(storage, options)).rejects.toMatchObject({
    code: 'repository_locked',
    message: expect.stringContaining('backup of orch-prod (pid 4711 on orch-1, since 2025-11-24T02:00:00.000Z)'),
  })
  const theirs = Object.keys(JSON.parse(String(await storage.get('locks/writer.json'))) as object)
  await storage.remove('locks/writer.json')
  const lease = await acquireLease(storage, options)
  const text = String(await storage.get('locks/writer.json'))
  expect(Object.keys(JSON.parse(text) as object)).toEqual(theirs)
  expect(text).toBe(`${JSON.stringify(JSON.parse(text))}\n`)
  await lease.release()
})

test('the head: the example opens, has the constants of the code, and is laid out as a new one', async () => {
  place('repository.json', example('repository.json'))
  const { head } = await openRepository(storage)
  expect(head).toMatchObject({
    id: 'repo_000102030405060708090a0b',
    chunker: {
      smallLimit: SMALL_LIMIT,
      min: MIN_CHUNK,
      mean: MEAN_CHUNK,
      max: MAX_CHUNK,
      strictMask: STRICT_MASK >>> 0,
      looseMask: LOOSE_MASK >>> 0,
    },
  })
  const place2 = join(folder, 'new')
  await initRepository(openLocalStorage(place2, { create: true }), head.createdAt)
  const made = readFileSync(join(place2, 'repository.json'), 'utf8')
  const shape = (text: string) => text.replaceAll(/[0-9a-f]{64}|repo_[0-9a-f]{24}/g, '')
  expect(shape(made)).toBe(shape(example('repository.json')))
})

test('the head: other versions are refused, other fields passed over, any changed byte is found', async () => {
  const text = example('repository.json')
  const body = text.slice(0, text.trimEnd().lastIndexOf('\n') + 1)
  const opened = async (content: string | Buffer) => {
    place('repository.json', content)
    return openRepository(storage).then(
      () => 'opened',
      (error: unknown) => (error as { code: string }).code,
    )
  }
  const signed = (changed: string) => `${changed}${sha256(changed)}\n`
  expect(await opened(signed(body.replace('"createdAt"', '"colour": 1,\n  "createdAt"')))).toBe('opened')
  expect(await opened(signed(body.replace('"version": 1', '"version": 2')))).toBe('repository_unknown_format')
  expect(await opened(signed(body.replace('"sha256"', '"hmac-sha256"')))).toBe('repository_unknown_format')
  expect(await opened(signed(body.replace('"plain"', '"sealed"')))).toBe('repository_unknown_format')
  expect(await opened(signed(body.replace('orchive-repository', 'other')))).toBe('repository_damaged')
  for (let at = 0; at < text.length; at += 7) {
    const bytes = Buffer.from(text)
    bytes[at]! ^= 0x01
    expect([at, await opened(bytes)]).toEqual([at, 'repository_damaged'])
  }
})

test('entry lines: anything that is not one of version 1 is refused', () => {
  const [, line] = example('Sections').trimEnd().split('\n') as [string, string]
  const entry: Entry = parseEntryLine(line)
  expect(entry.path).toBe('logs/run-0.jsonl')
  for (const wrong of [`x${line.slice(1)}`, `${line}\tmore`, line.slice(0, line.lastIndexOf('\t')), line.replace('644', '888'), '']) {
    expect(codeOf(() => parseEntryLine(wrong))).toBe('repository_damaged')
  }
})

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'nothing thrown'
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** The indented blocks under the heading of encrypted repositories. */
const hexBlocks = () =>
  [...under('Encrypted repositories').matchAll(/^\n((?: {4}[0-9a-f]+\n)+)/gm)].map(([, block]) =>
    Buffer.from(block!.replace(/\s/g, ''), 'hex'),
  )

test('encrypted repositories: keys, ids, cuts, objects and packs are those of the page', async () => {
  const page = under('Encrypted repositories')
  const master = Buffer.from(Array.from({ length: 32 }, (_, i) => i))
  const labels = [...page.matchAll(/^\| `(orchive 1 [^`]+)` +\| `([0-9a-f]{64})` +\|$/gm)]
  expect(labels).toHaveLength(6)
  for (const [, label, key] of labels) expect(expandKey(master, label!).toString('hex'), label).toBe(key)
  const codec = sealedCodec(master)
  expect(page).toContain(codec.frameId(Buffer.from('hello\n')))
  expect(page).toContain([...codec.gear.subarray(0, 4)].join(', ').replaceAll('-', '−'))
  const [object, sealed] = hexBlocks() as [Buffer, Buffer]
  place('marks/arc_000102030405060708090a0b/000001-note.json', object)
  const objects = new SealedObjects(storage, sealKeys(master, 'object'))
  expect(String(await objects.get('marks/arc_000102030405060708090a0b/000001-note.json'))).toBe('{"kind":"note"}\n')
  expect(deriveFrames(sealed, codec).map(({ offset, storedBytes, rawBytes }) => [offset, storedBytes, rawBytes])).toEqual([
    [32, 39, 6],
    [71, 35, 1024],
  ])
  const opener = codec.packs.opener(sealed.subarray(0, 32))
  expect(Buffer.concat([opener.open(sealed.subarray(32, 71), 32), opener.open(sealed.subarray(71), 71)]).equals(pack())).toBe(true)
  const sealer = sealerWith(sealKeys(master, 'pack'), sealed.subarray(16, 32))
  expect(Buffer.concat([sealer.head, sealer.seal([pack().subarray(0, 15), pack().subarray(15)], 32)]).equals(sealed)).toBe(true)
})
