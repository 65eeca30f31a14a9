import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import type { ZodObject } from 'zod'
import {
  ArchiveSummarySchema,
  BackupResultSchema,
  EntrySchema,
  FoundSchema,
  PreviewSchema,
  RestoreLossesSchema,
  RestorePlanSchema,
  RestoreResultSchema,
  RestoreStepSchema,
  VerifyReportSchema,
  VerifyResultSchema,
  VersionSchema,
} from '#lib/contracts/archive.ts'
import {
  DiskAreaSchema,
  DiskReportSchema,
  FileSystemSchema,
  FreeFloorSchema,
  OffloadPlanSchema,
  OffloadResultSchema,
} from '#lib/contracts/disk.ts'
import { DrillReportSchema } from '#lib/contracts/drill.ts'
import { EvidenceSchema } from '#lib/contracts/evidence.ts'
import { JobProgressSchema } from '#lib/contracts/job.ts'
import { ChannelSchema, DeliverySchema } from '#lib/contracts/notify.ts'
import { RiskSchema, StorageSchema, WatchedFileSchema } from '#lib/contracts/overview.ts'
import { RunbookStepSchema } from '#lib/contracts/recover.ts'
import { MovedOnSchema, OpenUndoSchema, SettledSchema, UndoResultSchema } from '#lib/contracts/restore.ts'
import {
  ApplyResultSchema,
  LostVersionsSchema,
  PlannedArchiveSchema,
  ProposalSummarySchema,
  RetentionPlanSchema,
  RetentionRulesSchema,
} from '#lib/contracts/retention.ts'
import { WorkspaceScheduleSchema } from '#lib/contracts/schedule.ts'
import { ResolvedItemSchema, WorkspaceDetailSchema } from '#lib/contracts/workspace.ts'
import { VERB_GROUPS } from '#lib/jobs/spawn-verb.ts'
import { runOrchive } from '#test/builders/run-orchive.ts'
import { EXIT } from './exit-codes.ts'
import { registerVerbs } from './verbs/index.ts'

const docs = readFileSync(new URL('../docs/cli.md', import.meta.url), 'utf8')

/** Every verb of the program with what it declares; what help hides is the console's own. */
const program = new Map<string, Command>()
registerVerbs((path, _description, declare) => program.set(path, declare(new Command(path))))

/** The section of each verb: its usage, and the text below. */
const sections = new Map(
  docs
    .split(/^#{1,3} /m)
    .flatMap((section) => {
      const usage = /^`orchive ([^`]+)`\n/.exec(section)?.[1]
      return usage === undefined ? [] : [{ usage, text: section }]
    })
    .map(({ usage, text }) => [usage.replace(/ \[?[A-Z].*$/, ''), { usage, text }] as const),
)

const optionsIn = (text: string) =>
  text.split('\n').flatMap((line) => (line.startsWith('- `-') ? (line.split('`: ')[0]!.match(/--[a-z0-9-]+/g) ?? []) : []))

test('the console knows which verbs have two words: it puts its own options behind both', () => {
  const groups = new Set<string>()
  registerVerbs((path) => {
    const [first, second] = path.split(' ')
    if (second !== undefined) groups.add(first!)
  })
  expect([...VERB_GROUPS].toSorted()).toEqual([...groups].toSorted())
})

test('help says what each verb and each group of verbs is for', async () => {
  const { stdout } = await runOrchive('/nowhere', ['--help'])
  // Each below a heading of its own.
  expect(stdout).not.toMatch(/^(?:Commands|Others):/m)
  const lines = stdout.split('Take archives')[1]!.split('Global options')[0]!.split('\n')
  expect(lines.filter((line) => /^ {2}\S/.test(line) && !/^ {2}\S.* {2}\S/.test(line))).toEqual([])
})

test('the reference has a section for every verb, and for no other', () => {
  expect([...sections.keys()].sort()).toEqual([...program.keys()].sort())
})

describe.each([...program])('%s', (path, command) => {
  const { usage, text } = sections.get(path) ?? { usage: '', text: '' }

  test('its arguments stand in the reference as they are declared', () => {
    const declared = command.registeredArguments.map((argument) => {
      const name = `${argument.name().toUpperCase()}${argument.variadic ? '...' : ''}`
      return argument.required ? name : `[${name}]`
    })
    expect(usage).toBe([path, ...declared].join(' '))
  })

  test('every option stands in the reference, and no other', () => {
    const declared = command.options.filter((option) => !option.hidden).map((option) => option.long!)
    expect(optionsIn(text).sort()).toEqual(declared.sort())
  })

  test('every choice of an option is named', () => {
    for (const choice of command.options.flatMap((option) => option.argChoices ?? [])) expect(text).toContain(`\`${choice}\``)
  })
})

test('every command in an example is one that the program takes', () => {
  const lines = [...docs.matchAll(/^```(?:sh|console)?\n([\s\S]*?)^```/gm)].flatMap(([, block]) => block!.split('\n'))
  const commands = lines.flatMap((line) => /(?:^|[ /])orchive ((?!\/)[a-z].*)$/.exec(line)?.[1] ?? [])
  expect(commands.length).toBeGreaterThan(20)
  for (const line of commands) {
    const words = line.split(' ')
    const verb = [words.slice(0, 3).join(' '), words.slice(0, 2).join(' '), words[0]!].find((path) => program.has(path))
    expect(verb, line).toBeDefined()
    const known = program.get(verb!)!.options.flatMap((option) => [option.long, option.short])
    for (const [option] of line.split(' | ')[0]!.matchAll(/(?<= )--?[a-z][a-z0-9]*(?:-[a-z]+)*/g))
      expect([...known, '--json', '--quiet', '--home'], line).toContain(option)
  }
})

test('the options of every verb stand once in the reference, as help tells them', async () => {
  const { stdout } = await runOrchive('/nowhere', ['backup', '--help'])
  const own = program.get('backup')!.options.map((option) => option.long)
  const everywhere = [...stdout.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, name]) => name!).filter((name) => !own.includes(name))
  const speaking = docs.split(/^## /m).find((section) => section.startsWith('Speaking'))!
  expect(optionsIn(speaking).sort()).toEqual(everywhere.sort())
})

const RESULTS: [verb: string, schema: ZodObject][] = [
  ['retention plan', RetentionPlanSchema],
  ['retention plan', PlannedArchiveSchema],
  ['retention plan', LostVersionsSchema],
  ['retention apply', ApplyResultSchema],
  ['retention list', ProposalSummarySchema],
  ['retention policy show', RetentionRulesSchema],
  ['backup', BackupResultSchema],
  ['restore', RestoreResultSchema],
  ['restore', RestorePlanSchema],
  ['restore', RestoreLossesSchema],
  ['restore', RestoreStepSchema],
  ['undo', UndoResultSchema],
  ['undo', OpenUndoSchema],
  ['undo', MovedOnSchema],
  ['settle', SettledSchema],
  ['verify', VerifyReportSchema],
  ['verify', VerifyResultSchema],
  ['drill report', DrillReportSchema],
  ['evidence', EvidenceSchema],
  ['status', RiskSchema],
  ['watch', WatchedFileSchema],
  ['disk', DiskReportSchema],
  ['disk', DiskAreaSchema],
  ['disk', FileSystemSchema],
  ['recover disk', OffloadResultSchema],
  ['recover disk', OffloadPlanSchema],
  ['recover disk', RunbookStepSchema],
  ['archives', ArchiveSummarySchema],
  ['ls', EntrySchema],
  ['preview', PreviewSchema],
  ['find', FoundSchema],
  ['history', VersionSchema],
  ['workspace show', WorkspaceDetailSchema],
  ['workspace show', ResolvedItemSchema],
  ['repository stats', StorageSchema],
  ['repository floor', FreeFloorSchema],
  ['schedule show', WorkspaceScheduleSchema],
  ['notify list', ChannelSchema],
  ['notify list', DeliverySchema],
]

test.each(RESULTS)('every field of the JSON that %s prints is named', (verb, schema) => {
  for (const field of Object.keys(schema.shape)) expect(sections.get(verb)!.text).toContain(`\`${field}\``)
})

test('every field of a progress event and every exit code is named', () => {
  for (const field of Object.keys(JobProgressSchema.shape)) expect(docs).toContain(`\`${field}\``)
  for (const code of Object.values(EXIT)) expect(docs).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'))
})
