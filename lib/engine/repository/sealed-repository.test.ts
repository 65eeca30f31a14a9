import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { forget, prune } from '#test/builders/pruning.ts'
import { healRepository } from '../heal/heal-repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { exportTar } from '../tar/export-stream.ts'
import { verifyRepository } from '../verify/verify-repository.ts'
import { decompressFrame, splitFrames } from './frame.ts'
import { addKeySlot, openKeySlots, readKeySlots, removeKeySlot, renameKeySlot } from './key-slots.ts'
import { formatKey, parseKey } from './key-text.ts'
import type { Manifest } from './manifest.ts'
import { openRepository, type Repository, type Unlock } from './repository.ts'
import { isSealedName } from './sealed-objects.ts'

const KEY = randomBytes(32)
const CHEAP = { n: 2, r: 8, p: 1 }
const SECRETS = [
  'orchestrator_config.json',
  'knowledge-packs',
  'Schwanensee',
  'the plan of the uprising',
  'lee of the night shift',
  'backup of',
]

let workspace: BackedUpWorkspace
let archives: Manifest[]
let copies = 0

const unlock: Unlock = async ({ id, storage }) => {
  const opened = await openKeySlots(await readKeySlots(storage), id, { kind: 'key', key: KEY })
  if (!opened) throw new Error('no slot opens')
  return opened.master
}
const open = (place: string): Promise<Repository> => openRepository(openLocalStorage(place), unlock)

beforeAll(async () => {
  workspace = await makeBackedUpWorkspace({ slots: [{ secret: { kind: 'key', key: KEY }, label: 'test' }] })
  mkdirSync(join(workspace.root, 'logs'))
  mkdirSync(join(workspace.root, 'knowledge-packs'))
  writeFileSync(join(workspace.root, 'orchestrator_state.json'), JSON.stringify({ tasks: ['the plan of the uprising'] }))
  writeFileSync(join(workspace.root, 'knowledge-packs/Schwanensee.md'), 'Schwanensee '.repeat(500))
  writeFileSync(join(workspace.root, 'logs/large.bin'), randomBytes(3_000_000))
  archives = [await workspace.backUp()]
  for (let day = 0; day < 3; day++) {
    writeFileSync(join(workspace.root, `logs/day-${day}.log`), `the plan of the uprising, day ${day}\n`.repeat(900))
    archives.push(await workspace.backUp())
  }
  await workspace.repository.addMark(archives[0]!.id, {
    kind: 'hold',
    at: '2026-01-02T03:04:05.000Z',
    actor: 'lee of the night shift',
    reason: 'the plan of the uprising',
    until: null,
  })
})
afterAll(() => rmSync(workspace.folder, { recursive: true, force: true }))

function copied(): string {
  const place = join(workspace.folder, `copy-${copies++}`)
  cpSync(workspace.repositoryPath, place, { recursive: true })
  return place
}

const objectsOf = (place: string) =>
  readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('locks') && statSync(join(place, name)).isFile())
    .sort()

function change(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at]! ^= 0x20
  writeFileSync(path, bytes)
}

test('a sealed repository gives back what went in, is sound, and an unchanged workspace adds nothing to it', async () => {
  expect(await workspace.repository.listArchives()).toHaveLength(4)
  const again = await workspace.backUp()
  expect(again.sections).toEqual(archives.at(-1)!.sections)
  const reader = await open(workspace.repositoryPath)
  expect((await reader.marksOf(archives[0]!.id)).map(({ kind }) => kind)).toEqual(['hold'])
  const { findings, bytesRead } = await verifyRepository({ repository: reader })
  expect(findings).toEqual([])
  expect(bytesRead).toBeGreaterThan(3_000_000)
  const read = []
  for await (const entry of (await reader.reader(archives[0]!.id)).entries(['logs/large.bin'])) {
    for (const frame of entry.frames.slice(1)) read.push(await reader.frame(frame))
  }
  const whole = Buffer.concat(read).subarray(0, 3_000_000)
  expect(whole.equals(readFileSync(join(workspace.root, 'logs/large.bin')))).toBe(true)
})

test('nothing of names and content can be found in the store: neither as it lies there nor decompressed', () => {
  for (const name of objectsOf(workspace.repositoryPath)) {
    const bytes = readFileSync(join(workspace.repositoryPath, name))
    const isOpen = !isSealedName(name) && !name.endsWith('.pack')
    if (isOpen) continue
    for (const secret of SECRETS) expect(bytes.includes(secret), `${secret} in ${name}`).toBe(false)
    expect(bytes.includes(Buffer.from('28b52ffd', 'hex')), `a zstd frame in ${name}`).toBe(false)
    expect(() => splitFrames(bytes)).toThrow()
    for (const secret of SECRETS) expect(name).not.toContain(secret)
  }
})

test('every byte of every sealed object and of every frame counts: a flip anywhere is noticed by who reads it', async () => {
  const small = await makeBackedUpWorkspace({ slots: [{ secret: { kind: 'key', key: KEY }, label: 'small' }] })
  await small.backUp()
  const { repository, repositoryPath } = small
  for (const name of objectsOf(repositoryPath)) {
    const path = join(repositoryPath, name)
    const bytes = readFileSync(path)
    if (isSealedName(name)) {
      for (let at = 0; at < bytes.length; at++) {
        change(path, at)
        await expect(repository.objects.get(name), `${name} at ${at}`).rejects.toMatchObject({ code: 'repository_damaged' })
        writeFileSync(path, bytes)
      }
    } else if (name.startsWith('keys/')) {
      for (let at = 0; at < bytes.length; at += 7) {
        change(path, at)
        expect(await readKeySlots(repository.storage), `${name} at ${at}`).toEqual([])
      }
      writeFileSync(path, bytes)
    } else if (name.endsWith('.pack')) {
      const index = await repository.index()
      const { packs } = repository.codec
      for (let number = 0; number < index.size; number++) {
        const { location } = index.frameAt(number)
        if (location.pack !== name) continue
        for (let at = location.offset; at < location.offset + location.storedBytes; at++) {
          const stored = Buffer.from(bytes.subarray(location.offset, location.offset + location.storedBytes))
          stored[at - location.offset]! ^= 1
          expect(() => packs.opener(bytes.subarray(0, packs.headBytes)).open(stored, location.offset)).toThrow(/tag/)
        }
      }
    }
  }
  rmSync(small.folder, { recursive: true })
})

test('a verify of everything names what was flipped, cut or taken away, wherever it is', async () => {
  const place = copied()
  for (const [n, name] of objectsOf(place).entries()) {
    const path = join(place, name)
    const before = readFileSync(path)
    const harm = n % 2 === 0 ? 'flip' : 'cut'
    if (harm === 'flip') change(path, (n * 7919) % before.length)
    else writeFileSync(path, before.subarray(0, -1))
    const errors = await open(place)
      .then((repository) => verifyRepository({ repository }))
      .then(({ findings }) => findings.filter(({ severity }) => severity === 'error'))
      .catch((error: unknown) => [{ path: String(error) }])
    expect(errors.length, `${name} ${harm}`).toBeGreaterThan(0)
    writeFileSync(path, before)
  }
  rmSync(place, { recursive: true })
})

test('objects that were exchanged, or put back under another name, do not open; frames only where they were put', async () => {
  const place = copied()
  const repository = await open(place)
  const at = (name: string) => join(place, name)
  const names = objectsOf(place)
  const manifests = names.filter((name) => name.startsWith('manifests/'))
  const indexes = names.filter((name) => name.endsWith('.idx.zst'))
  for (const [a, b] of [manifests.slice(0, 2), indexes.slice(0, 2), [manifests[0]!, indexes[0]!]] as [string, string][]) {
    const before = readFileSync(at(b))
    writeFileSync(at(b), readFileSync(at(a)))
    await expect(repository.objects.get(b)).rejects.toMatchObject({ code: 'repository_damaged', message: expect.stringContaining(b) })
    writeFileSync(at(b), before)
  }
  // A mark of one archive says nothing about another, nor in another place of the order.
  const mark = `marks/${archives[0]!.id}/000001-hold.json`
  for (const [from, to] of [
    [mark, `marks/${archives[1]!.id}/000001-hold.json`],
    [mark, mark.replace('000001', '000002')],
  ] as const) {
    mkdirSync(join(at(to), '..'), { recursive: true })
    writeFileSync(at(to), readFileSync(at(from)))
    await expect(repository.objects.get(to)).rejects.toMatchObject({ code: 'repository_damaged' })
    rmSync(at(to))
  }
  // What lies in the trash is the same object.
  mkdirSync(at('trash/manifests'), { recursive: true })
  cpSync(at(manifests[0]!), at(`trash/${manifests[0]}`))
  expect((await repository.objects.get(`trash/${manifests[0]}`)).equals(await repository.objects.get(manifests[0]!))).toBe(true)
  const index = await repository.index()
  const frames = Array.from({ length: index.size }, (_, number) => index.frameAt(number).location)
  const [one, other] = frames
  const pack = readFileSync(at(one!.pack))
  const opener = repository.codec.packs.opener(pack.subarray(0, 32))
  const stored = pack.subarray(one!.offset, one!.offset + one!.storedBytes)
  expect(() => opener.open(stored, one!.offset)).not.toThrow()
  expect(() => opener.open(stored, one!.offset + 16)).toThrow(/tag/)
  const elsewhere = frames.find(({ pack: name }) => name !== one!.pack)!
  expect(() => repository.codec.packs.opener(readFileSync(at(elsewhere.pack)).subarray(0, 32)).open(stored, one!.offset)).toThrow(/tag/)
  expect(other).toBeDefined()
  rmSync(place, { recursive: true })
})

test('forgetting, pruning and writing packs again keep everything sealed; another pack never begins as one before', async () => {
  const place = copied()
  const repository = await open(place)
  await forget(repository, [archives[1]!.id, archives[2]!.id])
  const before = new Set(objectsOf(place).filter((name) => name.endsWith('.pack')))
  await prune(repository)
  repository.close()
  expect(objectsOf(place).some((name) => name.endsWith('.pack') && before.has(name))).toBe(true)
  const after = await open(place)
  expect((await verifyRepository({ repository: after })).findings).toEqual([])
  for (const { id } of [archives[0]!, archives[3]!])
    for await (const entry of (await after.reader(id)).entries()) for (const frame of entry.frames) await after.frame(frame)
  const heads = objectsOf(place)
    .filter((name) => name.endsWith('.pack'))
    .map((name) => readFileSync(join(place, name)).toString('hex', 16, 32))
  expect(new Set(heads).size).toBe(heads.length)
  expect(heads.every((iv) => iv.endsWith('00000000'))).toBe(true)
  rmSync(place, { recursive: true })
})

test('a copy heals whatever is damaged; the sealed head is made again, and a pack whose first bytes are lost is read by its index', async () => {
  const other = await open(workspace.repositoryPath)
  const place = copied()
  const packs = objectsOf(place).filter((name) => name.endsWith('.pack'))
  for (const name of packs) change(join(place, name), 20)
  change(join(place, 'keys/head.sealed'), 40)
  change(join(place, `manifests/${archives[0]!.id}.mft.zst`), 60)
  const heal = async (others: Repository[]) => {
    const repository = await open(place)
    return await healRepository({ repository, others, expected: [], isDryRun: false, clock: systemClock, waitMs: 0 })
  }
  expect(await heal([other])).toMatchObject({ stillLost: 0, unreadable: [], found: { otherRepositories: 0 } })
  const healed = await open(place)
  expect((await verifyRepository({ repository: healed })).findings).toEqual([])
  for await (const entry of (await healed.reader(archives[0]!.id)).entries()) for (const frame of entry.frames) await healed.frame(frame)
  rmSync(place, { recursive: true })
})

test('who has no key is told what to do; a wrong one opens nothing', async () => {
  await expect(openRepository(openLocalStorage(workspace.repositoryPath))).rejects.toMatchObject({
    code: 'repository_sealed',
    hint: expect.stringContaining('attach'),
  })
  const { storage, id } = workspace.repository
  const slots = await readKeySlots(storage)
  expect(await openKeySlots(slots, id, { kind: 'key', key: randomBytes(32) })).toBeNull()
  // The slot of one repository is none of another's.
  expect(await openKeySlots(slots, 'repo_000102030405060708090a0b', { kind: 'key', key: KEY })).toBeNull()
})

test('slots: a passphrase and a key open the same repository; one goes, another is renamed, the last one stays', async () => {
  const place = copied()
  const repository = await open(place)
  const { storage, id } = repository
  const at = '2026-02-03T04:05:06.000Z'
  const passphrase = { kind: 'passphrase', passphrase: 'Übung macht den Meister' } as const
  const added = await addKeySlot(storage, id, Buffer.from(repository.master!), {
    secret: passphrase,
    label: 'lee',
    createdAt: at,
    cost: CHEAP,
  })
  const slots = await readKeySlots(storage)
  expect(slots.map(({ kind }) => kind).sort()).toEqual(['key', 'passphrase'])
  expect((await openKeySlots(slots, id, passphrase))?.master.equals(repository.master!)).toBe(true)
  expect(await openKeySlots(slots, id, { ...passphrase, passphrase: 'Übung macht den Meiste' })).toBeNull()
  const renamed = await renameKeySlot(repository, added.id, 'Lee, at home')
  expect((await openKeySlots([renamed], id, passphrase))?.slot.label).toBe('Lee, at home')
  await removeKeySlot(repository, slots.find(({ kind }) => kind === 'key')!.id)
  await expect(removeKeySlot(repository, renamed.id)).rejects.toMatchObject({ code: 'key_last' })
  await expect(removeKeySlot(repository, added.id)).rejects.toMatchObject({ code: 'key_unknown' })
  // A slot that asks for a terabyte, or for no work that can be done, is passed over.
  const name = `keys/${renamed.id}.json`
  for (const scrypt of [
    { ...renamed.scrypt!, n: 2 ** 40 },
    { ...renamed.scrypt!, p: 1e9 },
    { ...renamed.scrypt!, n: 3 },
  ]) {
    const line = `${JSON.stringify({ ...renamed, scrypt })}\n`
    writeFileSync(join(place, name), `${line}${execFileSync('sha256sum', { input: line, encoding: 'utf8' }).slice(0, 64)}\n`)
    expect(await readKeySlots(storage)).toEqual([])
  }
  rmSync(place, { recursive: true })
})

test('a printed key is read however it was typed, and a slip is noticed', () => {
  const text = formatKey(KEY)
  expect(text).toMatch(/^orchive-key-1 ([0-9a-f]{8}-){8}[0-9a-f]{8}$/)
  for (const typed of [text, `${text}\n`, text.toUpperCase(), text.replaceAll('-', ' ').replace('orchive key 1', ''), text.slice(14)])
    expect(parseKey(typed).equals(KEY), typed).toBe(true)
  const slip = text.slice(0, 20) + (text[20] === 'a' ? 'b' : 'a') + text.slice(21)
  for (const wrong of [slip, text.slice(0, -1), '', 'hello'])
    expect(() => parseKey(wrong), wrong).toThrow(expect.objectContaining({ code: 'key_wrong' }))
})

test('an export of a sealed repository is a plain tar file', async () => {
  const out = new PassThrough()
  const whole = buffer(out)
  await exportTar((await open(workspace.repositoryPath)).readerOf(archives[0]!), { format: 'tar.zst' }, out)
  out.end()
  const bytes = await whole
  const frames = splitFrames(bytes)
  expect(frames.some(({ isSkippable }) => isSkippable)).toBe(false)
  const tar = Buffer.concat(
    frames.map(({ offset, length, contentBytes }) => decompressFrame(bytes.subarray(offset, offset + length), contentBytes!)),
  )
  expect(tar.includes('Schwanensee')).toBe(true)
})
