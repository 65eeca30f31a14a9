import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import type { RecoverySheet, SheetArchive } from '#lib/contracts/recovery-sheet.ts'
import { recoverySheet } from '#lib/services/evidence/recovery-sheet.ts'
import { pickWorkspace } from '#lib/services/workspaces/find-workspace.ts'
import { prepareCatalog } from '../named.ts'
import type { Run } from '../program.ts'
import { table } from '../table.ts'

/** `recovery-sheet [W]` */
export async function recoverySheetVerb(run: Run, args: string[]): Promise<void> {
  const { ctx, out } = run
  const workspace = pickWorkspace(ctx, args[0])
  await prepareCatalog(run)
  const sheet = await recoverySheet(ctx, { workspaceId: workspace.id })
  if (out.isJson) return out.document(sheet)
  for (const line of textOf(sheet)) out.line(line)
}

function textOf(sheet: RecoverySheet): string[] {
  const { repository, knownGood, newest } = sheet
  const mount = repository.mount && `${repository.mount.device} (${repository.mount.type}) at ${repository.mount.point}`
  const facts = [
    ['Workspace', `${sheet.workspace} (${sheet.workspaceId})`],
    ['Root', sheet.root],
    ['Config', sheet.configPath],
    ['Host', sheet.host],
    ['Repository', repository.path],
    ['', `${repository.id}, format ${repository.formatVersion}, made ${repository.createdAt}`],
    ['Disk', mount ?? 'not known'],
    ['Stored', `${formatBytes(repository.storedBytes)}, ${formatCount(sheet.archives)} archives`],
    ['Known good', knownGood ? archiveText(knownGood) : 'none: no archive is proven at level 3 now'],
    ['Newest', newest ? archiveText(newest) : 'none'],
    ['Orchive', sheet.tool],
  ]
  return [
    `RECOVERY SHEET  ${sheet.workspace}  ${sheet.generatedAt}`,
    '',
    ...table(facts),
    ...(repository.isOnDiskOfRoot ? ['', 'The repository lies on the disk that it backs up: keep a copy of it elsewhere.'] : []),
    '',
    'WITH ORCHIVE, ON A NEW HOST',
    ...sheet.withOrchive.flatMap(stepText),
    '',
    'WITHOUT ORCHIVE: sh, awk, zstd, tar, sha256sum',
    ...sheet.withoutOrchive.flatMap(stepText),
    '',
    'WHAT THE ARCHIVE HOLDS',
    ...table(
      sheet.items.map(({ key, importance, sourcePath, files, contentBytes }) => [
        `  ${key}`,
        importance,
        `${plural(files, 'file')}`,
        formatBytes(contentBytes),
        sourcePath ?? (files > 0 ? 'no place in the config' : 'not there when it was taken'),
      ]),
    ),
    '',
    'SHA-256',
    ...sheet.files.map(({ name, sha256, isWhole }) => `  ${sha256 ?? 'cannot be read'.padEnd(64)}  ${name}${isWhole ? '' : '   DAMAGED'}`),
    ...manifests(sheet).map(
      ({ archiveId, manifestSha256 }) => `  ${manifestSha256 ?? 'cannot be read'.padEnd(64)}  manifests/${archiveId}.mft.zst`,
    ),
  ]
}

const manifests = ({ knownGood, newest }: RecoverySheet): SheetArchive[] => [
  ...(knownGood ? [knownGood] : []),
  ...(newest && newest.archiveId !== knownGood?.archiveId ? [newest] : []),
]

function archiveText({ archiveId, createdAt, files, contentBytes, grade, isSuspect }: SheetArchive): string {
  const state = `${grade === null ? 'not verified' : `grade L${grade}`}${isSuspect ? ', SUSPECT' : ''}`
  return `${archiveId}  ${createdAt}  ${plural(files, 'file')}, ${formatBytes(contentBytes)}, ${state}`
}

const stepText = ({ what, command }: { what: string; command: string }, at: number) => [`  ${at + 1}. ${what}`, `       ${command}`]
