/** recover.sh, run as it stands in a repository, where there is no Node: once with each awk that Linux hosts have. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { expectEqualTrees, makeTree, noise, randomTree, readTree } from '#test/builders/random-tree.ts'
import { type BackupBench, makeBackupBench } from '../backup/testing.ts'
import { formatKey } from './key-text.ts'

const PROGRAMS =
  'sh zstd tar head tail od find sort sed cat rm mv mkdir mktemp dirname basename wc tr grep sha256sum openssl cmp touch'.split(' ')
const which = (name: string) => spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim()

let bench: BackupBench
beforeEach(async () => {
  bench = await makeBackupBench()
})
afterEach(() => bench.remove())

describe.each(['mawk', 'gawk'])('with %s', (awk) => {
  const isThere = which(awk) !== ''

  /** Runs the script with nothing but its programs. */
  function recover(...args: string[]) {
    return recoverAt(bench.repositoryPath, {}, ...args)
  }

  function recoverAt(cwd: string, env: Record<string, string>, ...args: string[]) {
    const bin = join(bench.root, '../bin')
    if (!existsSync(bin)) {
      mkdirSync(bin)
      for (const name of PROGRAMS) symlinkSync(which(name), join(bin, name))
      symlinkSync(which(awk), join(bin, 'awk'))
    }
    const { status, stdout, stderr } = spawnSync(join(bin, 'sh'), ['recover.sh', ...args], {
      cwd,
      env: { PATH: bin, ...env } as unknown as NodeJS.ProcessEnv,
      encoding: 'latin1',
      maxBuffer: 1 << 28,
    })
    return { status, stdout, stderr }
  }
  const out = () => join(bench.root, '../out')

  // An awk that cannot be installed on this machine is tried where it can be.
  test.skipIf(!isThere)('any tree comes out as it went in, and each file is proven by its checksum', async () => {
    await fc.assert(
      fc.asyncProperty(randomTree, async (nodes) => {
        const logs = Buffer.from(bench.at('logs'))
        rmSync(logs, { recursive: true, force: true })
        mkdirSync(logs)
        makeTree(logs, nodes)
        const { manifest } = await bench.take({ rescan: true })
        rmSync(out(), { recursive: true, force: true })
        const { status, stderr } = recover('extract', manifest.id, out())
        expect(stderr).toContain('each matches its SHA-256')
        expect(status).toBe(0)
        expectEqualTrees(readTree(Buffer.from(join(out(), 'logs'))), readTree(logs))
      }),
      { numRuns: 6 },
    )
  })

  test.skipIf(!isThere)('archives are listed, told by prefix and as latest, and gone through by path', async () => {
    bench.write('logs/a/one.log', 'one\n')
    bench.write('logs/b.log', noise(3_000_000, 1))
    linkSync(bench.at('logs/a/one.log'), bench.at('logs/same.log'))
    const first = (await bench.take()).manifest
    bench.write('logs/a/two.log', 'two\n')
    const second = (await bench.take()).manifest
    const { stdout } = recover('list')
    const rows = stdout.split('\n').filter((line) => line.includes('arc_'))
    expect(rows.map((row) => row.split(/ +/).slice(0, 2))).toEqual([second, first].map(({ createdAt, id }) => [createdAt, id]))
    expect(recover('ls', first.id.slice(0, 12), 'logs/a').stdout).toMatch(
      /^d .* logs\/a\nf +4 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}logs\/a\/one\.log\n$/,
    )
    const mtime = new Date(Math.floor(Number((await bench.entries(second)).get('logs/b.log')!.mtimeNs / 1_000_000_000n)) * 1000)
    expect(recover('ls', 'latest', 'logs/b.log').stdout).toContain(mtime.toISOString().slice(0, 19).replace('T', ' '))
    expect(recover('ls', 'arc_').status).toBe(1)
    expect(recover('extract', 'latest', out(), 'logs/a/').status).toBe(0)
    expect(readdirSync(join(out(), 'logs/a')).sort()).toEqual(['one.log', 'two.log'])
    expect(readdirSync(join(out(), 'logs'))).toEqual(['a'])
    const again = recover('extract', 'latest', out())
    expect(again.status).toBe(1)
    expect(again.stderr).toContain('is not empty')
    const none = recover('ls', 'latest', 'logs/c')
    expect(none.stderr).toContain('holds no logs/c')
    expect([recover().status, recover('extract', 'latest').status, recover('-r', '/nowhere', 'list').status]).toEqual([2, 2, 1])
    const tar = recover('tar', 'latest')
    expect(tar.status).toBe(0)
    expect(spawnSync('tar', ['-t'], { input: Buffer.from(tar.stdout, 'latin1'), encoding: 'utf8' }).stdout).toContain('logs/same.log')
  })

  test.skipIf(!isThere)(
    'an encrypted repository is read with openssl: by its recovery key or a passphrase, and nothing of it that was changed',
    async () => {
      const key = randomBytes(32)
      const passphrase = "it's a 'quoted' passphrase – ü"
      const cost = { n: 16, r: 8, p: 1 }
      const sealed = await makeBackedUpWorkspace({
        slots: [
          { secret: { kind: 'passphrase', passphrase }, label: 'p', cost },
          { secret: { kind: 'key', key: randomBytes(32) }, label: 'another' },
          { secret: { kind: 'key', key }, label: 'recovery' },
        ],
      })
      mkdirSync(join(sealed.root, 'logs'))
      writeFileSync(join(sealed.root, 'logs/big.bin'), noise(3_000_000, 3))
      for (let n = 1; n < 4; n++) writeFileSync(join(sealed.root, `logs/small-${n}.log`), `small ${n}\n`.repeat(n))
      const { id } = await sealed.backUp()
      const file = (name: string, text: string) => {
        writeFileSync(join(sealed.folder, name), text)
        return join(sealed.folder, name)
      }
      const place = sealed.repositoryPath
      const by = { ORCHIVE_RECOVERY_KEY_FILE: file('key', `${formatKey(key)}\n`) }
      expect(recoverAt(place, { ORCHIVE_PASSPHRASE_FILE: file('pp', `${passphrase}\n`) }, 'list').stdout).toContain(id)
      expect(recoverAt(place, by, 'check')).toMatchObject({ status: 0, stderr: expect.stringContaining('1 archives are sound') })
      const target = join(sealed.folder, 'out')
      expect(recoverAt(place, by, 'extract', 'latest', target)).toMatchObject({ status: 0 })
      expectEqualTrees(readTree(Buffer.from(join(target, 'logs'))), readTree(Buffer.from(join(sealed.root, 'logs'))))
      for (const env of [
        { ORCHIVE_RECOVERY_KEY_FILE: file('wrong', formatKey(randomBytes(32))) },
        { ORCHIVE_PASSPHRASE_FILE: file('pp2', 'wrong') },
      ]) {
        expect(recoverAt(place, env as unknown as Record<string, string>, 'list')).toMatchObject({
          status: 1,
          stderr: expect.stringContaining('does not open this repository'),
        })
      }

      // Without its index a pack says by its frames what it holds; a pack that was changed is not read.
      const packs = findAll(join(place, 'packs'))
      const [meta] = packs.filter((one) => one.endsWith('.idx.zst')).sort((a, b) => statSync(a).size - statSync(b).size)
      unlinkSync(meta!)
      rmSync(target, { recursive: true })
      expect(recoverAt(place, by, 'extract', 'latest', target, 'logs/small-2.log').status).toBe(0)
      const big = packs.filter((one) => one.endsWith('.pack')).sort((a, b) => statSync(b).size - statSync(a).size)[0]!
      const bytes = readFileSync(big)
      bytes[bytes.length >> 1]! ^= 1
      writeFileSync(big, bytes)
      rmSync(target, { recursive: true })
      expect(recoverAt(place, by, 'extract', 'latest', target).stderr).toContain('Nothing of it can be trusted')
      const manifest = join(place, 'manifests', `${id}.mft.zst`)
      const other = readFileSync(manifest)
      other[other.length >> 1]! ^= 1
      writeFileSync(manifest, other)
      expect(recoverAt(place, by, 'ls', 'latest').status).toBe(1)
      rmSync(sealed.folder, { recursive: true })
    },
  )

  test.skipIf(!isThere)('what is damaged is found, named, and gone around as far as that goes', async () => {
    bench.write('logs/big.log', noise(3_000_000, 7))
    bench.write('logs/small.log', 'small\n')
    const { manifest } = await bench.take()
    expect(recover('check')).toMatchObject({ status: 0, stderr: expect.stringContaining('1 archives are sound') })

    const packs = findAll(join(bench.repositoryPath, 'packs'))
    const indexes = packs.filter((name) => name.endsWith('.idx.zst')).map((name) => [name, readFileSync(name)] as const)
    for (const [name] of indexes) unlinkSync(name)
    const extracted = recover('extract', 'latest', out())
    expect(extracted.stderr).toContain('missing or damaged: reading the pack')
    expect(extracted.status).toBe(0)
    expect(readFileSync(join(out(), 'logs/big.log')).equals(readFileSync(bench.at('logs/big.log')))).toBe(true)

    for (const [name, content] of indexes) writeFileSync(name, content)
    const big = packs.filter((name) => name.endsWith('.pack')).sort((a, b) => readFileSync(b).length - readFileSync(a).length)[0]!
    const bytes = readFileSync(big)
    bytes[bytes.length >> 1]! ^= 1
    chmodSync(big, 0o600)
    writeFileSync(big, bytes)
    const checked = recover('check', manifest.id)
    expect(checked.status).toBe(1)
    expect(checked.stderr).toContain(`${big.slice(bench.repositoryPath.length + 1)} is damaged`)
    rmSync(out(), { recursive: true })
    expect(recover('extract', 'latest', out()).status).toBe(1)
    unlinkSync(big)
    const lacking = recover('check')
    expect(lacking.status).toBe(1)
    expect(lacking.stderr).toContain(`${manifest.id} cannot be restored whole`)

    const file = join(bench.repositoryPath, 'manifests', `${manifest.id}.mft.zst`)
    chmodSync(file, 0o600)
    appendFileSync(file, 'x')
    expect(recover('ls', 'latest').status).toBe(1)
    expect(recover('check').stderr).toContain('is damaged')
  })
})

const findAll = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
