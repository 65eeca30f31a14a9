import { join } from 'node:path'
import type { z } from 'zod'
import type { ComparedSideSchema, Comparison, SideId } from '#lib/contracts/compare.ts'
import { changesOf, type EntryChange, itemKeys } from '#lib/engine/compare/entry-change.ts'
import { deltaOf, differentSections } from '#lib/engine/compare/entry-delta.ts'
import { liveChanges } from '#lib/engine/compare/live-changes.ts'
import { Tally } from '#lib/engine/compare/tally.ts'
import { isTimeAlone } from '#lib/engine/entry.ts'
import type { Finding } from '#lib/engine/finding.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type ArchiveSide, type LiveSide, type Side, withSides } from './open-sides.ts'

export interface CompareInput {
  a: SideId
  b: SideId
  /** At most this many changes are listed; all are counted. */
  limit: number
  signal?: AbortSignal | undefined
}

/** How B differs from A, by entries. A live side is read as far as it takes to know. For job processes. */
export function compareSides(ctx: ServiceContext, input: CompareInput): Promise<Comparison> {
  requireRight(ctx, 'list')
  const startedMs = ctx.clock.monotonicMs()
  return withSides(ctx, input, async (a, b) => {
    const found = new Found(a, b, input.limit)
    for await (const change of differences(ctx, a, b, found, input.signal)) found.add(change)
    return { ...found.comparison(ctx), durationMs: Math.round(ctx.clock.monotonicMs() - startedMs) }
  })
}

/** Of each item, however many changes another one has. */
const FIRST_OF_ITEM = 20

/** Adds up what is found, and keeps the first changes. */
class Found {
  readonly findings: Finding[] = []
  liveFiles = 0
  liveBytes = 0
  private readonly a: Side
  private readonly b: Side
  private readonly limit: number
  private readonly tally: Tally
  private readonly listed: EntryChange[] = []
  /** Beyond the limit the first ones of each item: a state that changed must not go unseen behind thousands of packs. */
  private readonly late: EntryChange[] = []
  private readonly listedOf = new Map<string | null, number>()
  private count = 0
  /** Files of A that are not the same in B. */
  private touchedFiles = 0

  constructor(a: Side, b: Side, limit: number) {
    this.a = a
    this.b = b
    this.limit = limit
    this.tally = new Tally(itemsOf(a), itemsOf(b))
  }

  add(change: EntryChange): void {
    this.tally.add(change)
    if (change.before?.type === 'file' || change.before?.type === 'hardlink') this.touchedFiles++
    const ofItem = this.listedOf.get(change.itemKey) ?? 0
    const isListed = this.count++ < this.limit
    if (!isListed && ofItem >= this.firstOfItem) return
    this.listedOf.set(change.itemKey, ofItem + 1)
    ;(isListed ? this.listed : this.late).push(change)
  }

  /** So many of each item are listed in any case, as long as the limit leaves half for the others. */
  private get firstOfItem(): number {
    return Math.min(FIRST_OF_ITEM, Math.floor(this.limit / 2 / Math.max(1, this.tally.items.length)))
  }

  private of(kind: EntryChange['kind']): EntryChange[] {
    const shown = this.late.length === 0 ? this.listed : [...this.listed.slice(0, this.limit - this.late.length), ...this.late]
    return shown.filter((change) => change.kind === kind)
  }

  comparison(ctx: ServiceContext): Omit<Comparison, 'durationMs'> {
    const filesOfA = this.a.kind === 'archive' ? this.a.manifest.totals.files : this.liveFiles
    return {
      a: this.side(ctx, this.a),
      b: this.side(ctx, this.b),
      summary: { ...this.tally.total, sameFiles: Math.max(0, filesOfA - this.touchedFiles) },
      items: this.tally.items,
      added: this.of('added'),
      removed: this.of('removed'),
      changed: this.of('changed'),
      unlisted: Math.max(0, this.count - this.limit),
      findings: this.findings,
    }
  }

  private side(ctx: ServiceContext, side: Side): z.infer<typeof ComparedSideSchema> {
    if (side.kind === 'live') {
      return { id: 'live', at: new Date(ctx.clock.realNowMs()).toISOString(), files: this.liveFiles, contentBytes: this.liveBytes }
    }
    const { createdAt, totals } = side.manifest
    return { id: side.id, at: createdAt, files: totals.files, contentBytes: totals.contentBytes }
  }
}

const itemsOf = (side: Side) => (side.kind === 'live' ? side.resolution.items : side.manifest.items)

async function* differences(ctx: ServiceContext, a: Side, b: Side, found: Found, signal?: AbortSignal): AsyncGenerator<EntryChange> {
  if (a.kind === 'archive' && b.kind === 'archive') {
    // Some thousand sections of a million files: looked for at once, and not with the index of all.
    const idsOf = (sections: readonly { id: string }[]) => sections.map(({ id }) => id)
    const [gone, come] = differentSections(a.manifest, b.manifest)
    await Promise.all([a.repository.locate(idsOf(gone)), b.repository.locate(idsOf(come))])
    const delta = deltaOf(b.repository, a.manifest, b.manifest, a.repository, isTimeAlone)
    yield* changesOf(delta, itemKeys(a.manifest.items, b.manifest.items))
  } else if (a.kind === 'archive') yield* againstLive(ctx, a, b as LiveSide, found, signal)
  else for await (const change of againstLive(ctx, b as ArchiveSide, a, found, signal)) yield turned(change)
}

function againstLive(ctx: ServiceContext, archive: ArchiveSide, live: LiveSide, found: Found, signal?: AbortSignal) {
  return liveChanges({
    repository: archive.repository,
    manifest: archive.manifest,
    items: live.resolution.items,
    statCachePath: join(ctx.paths.statCache, `${live.workspace.id}.bin`),
    signal,
    onProblem: (finding) => found.findings.push(finding),
    onFile: (sizeBytes) => {
      found.liveFiles++
      found.liveBytes += sizeBytes
    },
  })
}

const TURNED = { added: 'removed', removed: 'added', changed: 'changed' } as const

const turned = ({ kind, before, after, ...rest }: EntryChange): EntryChange => ({
  ...rest,
  kind: TURNED[kind],
  before: after,
  after: before,
})
