import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAppError } from '#lib/base/errors.ts'
import { newArchiveId } from '#lib/base/ids.ts'
import { parseItemText, parseMapText } from '#lib/base/map-text.ts'
import { scanJson } from '#lib/base/scan-json.ts'
import { formatEntryLine, parseEntryLine } from '#lib/engine/entry.ts'
import { ByteSource } from '#lib/engine/import/byte-source.ts'
import { parseNote } from '#lib/engine/import/export-note.ts'
import { unpackZstd } from '#lib/engine/import/unpack-zstd.ts'
import { salvageJson } from '#lib/engine/recover/salvage-json.ts'
import { plainCodec } from '#lib/engine/repository/codec.ts'
import { splitFrames } from '#lib/engine/repository/frame.ts'
import { decodeManifest, encodeManifest } from '#lib/engine/repository/manifest.ts'
import { decodeMark, writeMark } from '#lib/engine/repository/mark.ts'
import { deriveFrames, parseIndex } from '#lib/engine/repository/pack-index.ts'
import { openObject, sealObject } from '#lib/engine/repository/seal.ts'
import { END_OF_ARCHIVE, encodeHead, paddingOf } from '#lib/engine/tar/head.ts'
import { TarMembers } from '#lib/engine/tar/tar-members.ts'
import { parseHead, readTar } from '#lib/engine/tar/tar-reader.ts'
import { readConfig } from '#lib/engine/workspace/read-config.ts'
import { resolveItems } from '#lib/engine/workspace/resolve-items.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { type Attack, Random, type Tally } from '../attack.ts'
import { mutate } from '../mutate.ts'

/** What reads bytes from outside, and good ones to begin with. */
interface Reader {
  name: string
  good: Buffer[]
  read(input: Buffer): unknown
  /** How many inputs a round gives it: fewer to slow ones. */
  inputs: number
}

/** No input is long, so whoever takes longer does not end. */
const LONGEST_MS = 2000

export const fuzzParsers: Attack = {
  name: 'fuzz-parsers',
  about: 'manifests, marks, indexes, packs, entries, tar, JSON and configs, changed at random: read, or refused with an error of ours',
  share: 3,
  async open(folder) {
    const readers = await collect(folder)
    return {
      async round(seed) {
        const random = new Random(seed)
        const tally: Tally = {}
        for (const reader of readers) {
          for (let i = 0; i < reader.inputs; i++) await give(reader, mutate(random.pick(reader.good), random.pick(reader.good), random))
          tally[reader.name] = reader.inputs
        }
        return tally
      },
      close: async () => undefined,
    }
  },
}

async function give(reader: Reader, input: Buffer): Promise<void> {
  const startedMs = performance.now()
  try {
    await reader.read(input)
  } catch (error) {
    if (!isAppError(error) || error.code === 'internal')
      throw new Error(`${reader.name} threw for ${input.toString('base64')}`, { cause: error })
  }
  const tookMs = performance.now() - startedMs
  if (tookMs > LONGEST_MS) throw new Error(`${reader.name} took ${Math.round(tookMs)} ms for ${input.toString('base64')}`)
}

/** A real repository's objects are what the inputs are made of. */
async function collect(folder: string): Promise<Reader[]> {
  const workspace = await makeBackedUpWorkspace({ config: CONFIG })
  const { root, repository, repositoryPath } = workspace
  mkdirSync(join(root, 'logs/deep/er'), { recursive: true })
  for (let i = 0; i < 30; i++) writeFileSync(join(root, 'logs/deep', `run ${i} ü.jsonl`), `{"run":${i}}\n`)
  writeFileSync(join(root, 'orchestrator_state.json'), JSON.stringify(STATE, null, 1))
  const manifest = await workspace.backUp()
  await writeMark(repository.objects, manifest.id, {
    kind: 'hold',
    at: manifest.createdAt,
    actor: 'test',
    reason: 'why',
    until: null,
  })
  const stored = (pattern: RegExp) =>
    readdirSync(repositoryPath, { recursive: true, encoding: 'utf8' })
      .filter((name) => pattern.test(name))
      .map((name) => readFileSync(join(repositoryPath, name)))
  const entries = []
  for await (const entry of repository.entriesOf(manifest)) entries.push(entry)
  repository.close()
  const heads = entries.map(encodeHead)
  const tar = Buffer.concat([
    ...entries.map((entry) => memberOf(entry.sizeBytes, encodeHead({ ...entry }), entry.type === 'file')),
    END_OF_ARCHIVE,
  ])
  const manifests = stored(/\.mft\.zst$/)
  const indexes = stored(/\.idx\.zst$/)
  const note = Buffer.from(JSON.stringify({ ...manifest, workspace: 'fuzz', checksums: { 'logs/a': 'a'.repeat(64) } }))
  const state = Buffer.from(JSON.stringify(STATE))
  const configPath = join(folder, 'orchestrator_config.json')
  const config = Buffer.from(JSON.stringify(CONFIG, null, 2))
  const id = newArchiveId()
  return [
    { name: 'stored objects', good: [...manifests, ...indexes], inputs: 200, read: openObject },
    { name: 'manifests', good: manifests.map(openObject), inputs: 100, read: (raw) => readManifest(id, raw) },
    { name: 'marks', good: stored(/^marks\/.*\.json$/), inputs: 400, read: (bytes) => decodeMark(`marks/${id}/000001-hold.json`, bytes) },
    {
      name: 'marks inside their sums',
      good: stored(/^marks\/.*\.json$/).map((bytes) => bytes.subarray(0, bytes.indexOf(0x0a) + 1)),
      inputs: 400,
      read: (line) => decodeMark(`marks/${id}/000001-hold.json`, Buffer.from(`${line.toString()}${sumOf(line.toString())}\n`)),
    },
    { name: 'indexes', good: indexes.map(openObject), inputs: 200, read: (raw) => parseIndex('i', sealObject(raw)) },
    { name: 'packs', good: stored(/\.pack$/), inputs: 100, read: (raw) => deriveFrames(raw, plainCodec) },
    { name: 'frames', good: stored(/\.pack$/), inputs: 300, read: splitFrames },
    { name: 'zstd streams', good: stored(/\.pack$/), inputs: 30, read: (bytes) => drain(unpackZstd(sourceOf(bytes))) },
    {
      name: 'entry lines',
      good: entries.map((entry) => Buffer.from(formatEntryLine(entry))),
      inputs: 1000,
      read: (bytes) => parseEntryLine(bytes.toString()),
    },
    { name: 'tar heads', good: heads, inputs: 400, read: parseHead },
    { name: 'our tar', good: [tar], inputs: 50, read: (bytes) => [...readTar(bytes)] },
    { name: 'any tar', good: [tar, Buffer.concat([...heads, END_OF_ARCHIVE])], inputs: 100, read: readMembers },
    { name: 'export notes', good: [note], inputs: 200, read: (bytes) => parseNote(bytes.toString()) },
    { name: 'JSON', good: [state, config, note], inputs: 300, read: checkScan },
    { name: 'broken JSON', good: [state], inputs: 200, read: salvageJson },
    {
      name: 'path maps',
      good: [Buffer.from('/srv/app=/home/x'), Buffer.from('["/a=b","/c"]')],
      inputs: 300,
      read: (bytes) => parseMapText(bytes.toString()),
    },
    {
      name: 'items',
      good: [Buffer.from('promptsDir:critical'), Buffer.from('a.b.c')],
      inputs: 300,
      read: (bytes) => parseItemText(bytes.toString()),
    },
    {
      name: 'configs',
      good: [config],
      inputs: 20,
      read: (bytes) => {
        writeFileSync(configPath, bytes)
        resolveItems({ root: folder, configPath, config: readConfig(configPath) })
      },
    },
  ]
}

/** Inside its checksum and its frame, as somebody would write it who means harm. */
function readManifest(id: ReturnType<typeof newArchiveId>, raw: Buffer): void {
  const text = raw.toString('utf8')
  const body = text.slice(0, text.lastIndexOf('\nend ') + 1)
  const end = `end ${body.split('\n').length - 1} ${sumOf(body)}\n`
  encodeManifest(decodeManifest(id, sealObject(Buffer.from(body + end))))
}

const sumOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** What the scan takes for JSON is JSON, and the other way round. */
function checkScan(bytes: Buffer): void {
  let isJson = true
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    isJson = false
  }
  const { error } = scanJson(bytes)
  if (isJson && error) throw new Error(`JSON was taken for none: ${error.reason} at ${error.offset}`)
}

async function readMembers(bytes: Buffer): Promise<void> {
  const members = new TarMembers(sourceOf(bytes))
  while ((await members.next()) !== null) while ((await members.content(64 * 1024)).length > 0);
}

const memberOf = (sizeBytes: number, head: Buffer, hasContent: boolean) =>
  hasContent ? Buffer.concat([head, Buffer.alloc(sizeBytes + paddingOf(sizeBytes))]) : head

const sourceOf = (bytes: Buffer) =>
  new ByteSource(
    (async function* () {
      yield bytes
    })(),
  )

async function drain(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of pieces);
}

const CONFIG = {
  docsPath: './docs',
  logsDir: './logs',
  stateFile: './orchestrator_state.json',
  knowledgePackDir: './knowledge-packs',
  extra: { promptsDir: '../p', uri: 'mongodb://h/x' },
}
const STATE = {
  taskExecutions: Array.from({ length: 20 }, (_, i) => ({ id: `t-${i}`, status: 'done', n: i / 3, note: 'ü\u2028"\\' })),
  incidents: [],
  events: [{ id: 1, at: '2026-01-01T00:00:00Z', data: { a: [null, true, -1e-7] } }],
}
