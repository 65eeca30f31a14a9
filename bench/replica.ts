/**
 * Copying a repository into a bucket of a real Ceph on this host: `orchive replica sync` beside `rclone copy` of the same objects, in turn. Prints a table and
 * writes replica.md, or replica-NAME.md of another workspace. Options: --rounds N, --workspace NAME (see workspaces/index.ts).
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { cephStore } from '#test/s3/ceph-store.ts'
import placeOfStore from '#test/s3/global-setup.ts'
import { measure, median, type Run } from './measure.ts'
import { ORCHIVE } from './racers/orchive.ts'
import { folderBytes } from './racers/racer.ts'
import { describeMachine } from './report.ts'
import { WORKSPACES } from './workspaces/index.ts'

/** Throughput of a sync ≥ this × rclone's. */
const GOAL = 0.8
const DEFAULT = 'mix'

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, workspace: { type: 'string', default: DEFAULT } },
})
const workspace = WORKSPACES.find(({ name }) => name === options.workspace)
if (!workspace) throw new Error(`No such workspace: ${options.workspace}; there are ${WORKSPACES.map(({ name }) => name).join(', ')}.`)
const removeStore = placeOfStore()
const work = mkdtempSync(join(process.env.ORCHIVE_BENCH_DIR ?? tmpdir(), 'orchive-bench-replica-'))
try {
  await compare()
} finally {
  rmSync(work, { recursive: true, force: true })
  removeStore()
}

async function compare(): Promise<void> {
  const [root, home, keys] = [join(work, 'ws'), join(work, 'home'), join(work, 'keys.json')]
  const repository = join(home, 'repository')
  const orchive = (...argv: string[]) => [ORCHIVE, '--home', home, '--quiet', ...argv]
  const run = ([command, ...args]: string[]) => execFileSync(command!, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  execFileSync('mkdir', ['-p', root])
  workspace!.make(root)
  run(orchive('workspace', 'add', root, '--name', 'bench'))
  run(orchive('backup'))
  const bytes = folderBytes(repository)

  const ceph = await cephStore()
  writeFileSync(keys, JSON.stringify(ceph.secrets), { mode: 0o600 })
  const bucket = ceph.target('plain').bucket
  const rclone = {
    RCLONE_CONFIG_CEPH_TYPE: 's3',
    RCLONE_CONFIG_CEPH_PROVIDER: 'Ceph',
    RCLONE_CONFIG_CEPH_ENDPOINT: ceph.endpoint,
    RCLONE_CONFIG_CEPH_ACCESS_KEY_ID: ceph.secrets.accessKeyId,
    RCLONE_CONFIG_CEPH_SECRET_ACCESS_KEY: ceph.secrets.secretAccessKey,
    // It is plain http; somebody's bundle for https ends this rclone.
    AWS_CA_BUNDLE: '',
    RCLONE_CONFIG: join(work, 'rclone.conf'),
  }
  writeFileSync(rclone.RCLONE_CONFIG, '')
  const runs: { orchive: Run[]; rclone: Run[] } = { orchive: [], rclone: [] }
  for (let round = 0; round < Number(options.rounds); round++) {
    const place = ['--s3', `s3://${bucket}/orchive-${round}`, '--endpoint', ceph.endpoint, '--plain-http', '--secrets', keys]
    run(orchive('replica', 'add', `round-${round}`, ...place, '--no-after-backup'))
    const ours = async () => runs.orchive.push(await measure(orchive('replica', 'sync', `round-${round}`)))
    const theirs = async () =>
      runs.rclone.push(await measure(['rclone', 'copy', repository, `ceph:${bucket}/rclone-${round}`], { env: rclone }))
    for (const one of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) await one()
  }
  const page = pageOf(bytes, runs)
  const name = workspace!.name === DEFAULT ? 'replica.md' : `replica-${workspace!.name}.md`
  writeFileSync(join(dirname(fileURLToPath(import.meta.url)), name), page)
  process.stdout.write(page)
}

function pageOf(bytes: number, runs: Record<'orchive' | 'rclone', Run[]>): string {
  const rate = (run: Run) => bytes / 1e6 / (run.wallMs / 1000)
  const row = (name: string, all: Run[]) => {
    const cells = [
      median(all.map(rate)).toFixed(0),
      all.map((one) => rate(one).toFixed(0)).join(', '),
      (median(all.map(({ cpuMs }) => cpuMs ?? 0)) / 1000).toFixed(1),
      (median(all.map(({ peakBytes }) => peakBytes ?? 0)) / 1e6).toFixed(0),
    ]
    return `| ${name} | ${cells.join(' | ')} |`
  }
  const ratio = median(runs.orchive.map(rate)) / median(runs.rclone.map(rate))
  const { cpu, cores, memoryBytes } = describeMachine(work)
  const version = execFileSync('rclone', ['version'], { encoding: 'utf8' }).split('\n')[0]
  return `# Copying into a bucket

${(bytes / 1e6).toFixed(0)} MB of one repository into empty prefixes of a Ceph gateway on the same host (${cores} × ${cpu}, ${(memoryBytes / 1e9).toFixed(0)} GB), beside ${version}. Orchive confirms each object by its checksum and writes the manifest last.

| | MB/s, median | rounds | processor, s | peak, MB |
| --- | --- | --- | --- | --- |
${row('orchive replica sync', runs.orchive)}
${row('rclone copy', runs.rclone)}

Ratio ${ratio.toFixed(2)}, goal at least ${GOAL}: ${ratio >= GOAL ? 'met' : 'missed'}.
`
}
