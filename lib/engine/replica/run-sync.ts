/**
 * Sync: what a copy lacks is written there, what it is to forget goes. Invariants kept here:
 *
 * 1. An archive that the copy lists is fully readable from the copy alone: packs → indexes → marks → manifest, each confirmed before the next kind
 *    (plan-sync.ts, put-object.ts). A kill at any moment leaves objects that the next run finds and uses.
 * 2. Objects are written if absent. Only what is damaged is written over, with what the host has under the same name.
 * 3. The host may be backed up and pruned meanwhile: a pack that went is looked for in the trash, then everything is planned anew.
 * 4. Nothing is taken away before everything that was to be written is there, nor while an archive of the copy is incomplete (retain-copy.ts).
 * 5. What the host forgets stays on the copy until the copy's own policy lets go of it.
 * 6. One sync at a time works on a place: who calls holds a lock of the place.
 */
import { isAppError } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import { checkCopy } from './check-copy.ts'
import { claimPlace, lookAtPlace } from './claim-place.ts'
import { CopyState } from './copy-state.ts'
import { extendLocks, lockTimes } from './extend-locks.ts'
import { HEAD_OBJECTS } from './object-names.ts'
import { PackSources, SourceTrouble } from './pack-sources.ts'
import type { PutStep, SyncPlan } from './plan-sync.ts'
import { putObject } from './put-object.ts'
import type { SyncFigures, SyncInput, SyncProgress } from './replica-types.ts'
import { forgetOnCopy, sweepCopy, takeAway } from './retain-copy.ts'
import { answerTampering } from './tampering.ts'
import { Turns } from './turns.ts'

/** So often a plan is made anew because packs of the host moved or were found damaged. */
const MOST_PLANS = 20
const PARALLEL = 4
const SAVE_EVERY_MS = 5000

/** What a sync would do now; changes nothing. */
export async function planReplica(input: SyncInput): Promise<SyncFigures> {
  await lookAtPlace(input)
  const run = new SyncRun(input)
  return await run.plan()
}

/** Syncs. Safe to kill at any moment, and to run again. Throws `replica_refused`, `replica_emptied`, `cancelled`, and what the storage throws. */
export async function syncReplica(input: SyncInput): Promise<SyncFigures> {
  const run = new SyncRun(input)
  // Meanwhile it is asked whose place it is, and what lies there.
  const ahead = run.packs.lookAhead(input.memory).catch(() => {})
  try {
    const claim = await beginClaim(input)
    try {
      return await run.run(claim)
    } finally {
      await claim.written.catch(() => {})
      input.saveMemory()
    }
  } finally {
    run.packs.endAhead()
    await ahead
  }
}

/** A place that was looked at, and is being made this home's. */
interface Claim {
  /** It had no head. */
  isEmpty: boolean
  /** How much of the head was written; until then nothing may be put there. */
  written: Promise<{ objects: number; bytes: number }>
}

/** Makes sure that the place may be this home's, and begins to make it so. */
async function beginClaim(input: SyncInput): Promise<Claim> {
  const { memory, host, clock } = input
  await uncoverHead(input)
  const state = await lookAtPlace(input)
  const isOurs = memory.repositoryId === host.id && state.kind === 'ours'
  if (!isOurs) {
    memory.objects = {}
    memory.sweepDue = false
    memory.isComplete = false
  }
  const claim = async () => {
    const written = await claimPlace({ ...input, at: new Date(clock.nowMs()).toISOString() }, state)
    memory.repositoryId = host.id
    input.saveMemory()
    return written
  }
  const written = claim()
  // Told to whoever waits for it.
  written.catch(() => {})
  return { isEmpty: state.kind === 'empty', written }
}

/** A head that somebody deleted, and that its lock kept, is put back: the place would count as empty. */
async function uncoverHead({ place, memory }: SyncInput): Promise<void> {
  if (!place.immutability || memory.repositoryId === null || (await place.stat('repository.json'))) return
  for (const name of HEAD_OBJECTS)
    await place.immutability.putBack(name).catch((error: unknown) => {
      if (!isAppError(error) || error.code !== 'object_missing') throw error
    })
}

class SyncRun {
  readonly packs: PackSources
  private readonly input: SyncInput
  private readonly state: CopyState
  private readonly figures: SyncFigures = {
    ...{ archives: [], archivesCopied: 0, objectsPut: 0, bytesPut: 0, objectsThere: 0, bytesThere: 0, forgotten: [], freedBytes: 0 },
    ...{ lockedBytes: 0, checkedObjects: 0, checkedBytes: 0, damaged: [], healed: [], vanished: [], tampering: [], locksExtended: 0 },
    findings: [],
  }
  /** Null until it is planned. */
  private bytesTotal: number | null = null
  private objectsTotal = 0
  private streamedBytes = 0
  /** Packs that are being put, or were, since before the plan was made, and how much of them is there. */
  private readonly begun = new Map<string, Promise<void>>()
  private begunThere = { objects: 0, bytes: 0 }
  /** Nothing is put before it. */
  private claimed: Promise<void> = Promise.resolve()
  private savedAtMs = Number.NEGATIVE_INFINITY

  constructor(input: SyncInput) {
    this.input = input
    this.state = new CopyState(input)
    this.packs = new PackSources({ host: input.host.storage, place: input.place, signal: input.signal, onBytes: this.tellBytes })
  }

  async plan(): Promise<SyncFigures> {
    this.tell('looking at the copy')
    await this.state.look()
    const plan = await this.state.plan({ archive: this.tellArchive })
    this.figures.objectsPut = plan.objects
    this.figures.bytesPut = plan.bytes
    this.figures.archivesCopied = plan.archives.filter(({ manifest, archiveId }) => manifest && !this.state.isListed(archiveId)).length
    return this.finish()
  }

  async run({ isEmpty, written }: Claim): Promise<SyncFigures> {
    const { input, state, figures } = this
    this.claimed = written.then(({ objects, bytes }) => {
      figures.objectsPut += objects
      figures.bytesPut += bytes
      this.streamedBytes += bytes
    })
    this.claimed.catch(() => {})
    this.tell('looking at the copy')
    // What an empty place needs is planned while its head is written.
    if (!(isEmpty && (await state.lookAtFresh()))) {
      await this.claimed
      await answerTampering(input, figures)
      await state.look()
      figures.vanished = state.vanished
      await this.check()
    }
    if ((await this.copyEverything()) && !input.signal?.aborted) {
      await this.extend()
      await this.retain()
    }
    return this.finish()
  }

  /** Reads back what is due, before anything is planned: what is damaged counts as not there. */
  private async check(): Promise<void> {
    const { input, state, figures } = this
    const { objects, bytes, damaged } = await checkCopy({
      ...{ place: input.place, copy: state.raw, host: input.host.storage, onHost: state.onHost, listing: state.listing },
      ...{ memory: input.memory, budgetBytes: input.recheckBytes, nowMs: input.clock.nowMs(), signal: input.signal },
      onObject: (name, done, bytesDone) => this.tell('checking the copy', done, null, name, bytesDone),
    })
    for (const name of damaged) state.setDamaged(name)
    figures.checkedObjects = objects
    figures.checkedBytes = bytes
    figures.damaged = [...state.damaged].sort()
    if (damaged.length > 0) input.memory.sweepDue = true
  }

  /** False when something could not be copied: then nothing is taken away. */
  private async copyEverything(): Promise<boolean> {
    for (let plans = 0; ; plans++) {
      try {
        await this.execute(await this.planAndBegin())
        await this.state.setAside(this.figures.findings)
        this.input.memory.isComplete = this.state.incomplete.size === 0
        return this.input.memory.isComplete
      } catch (error) {
        if (!(error instanceof SourceTrouble) || plans >= MOST_PLANS) throw error
        await this.state.noteTrouble(error, this.figures.findings)
      } finally {
        // What was begun ends before anything else is done with the place.
        await Promise.allSettled(this.begun.values())
        this.begun.clear()
      }
    }
  }

  /** Plans; what the first archives need for certain is on its way meanwhile. */
  private async planAndBegin(): Promise<SyncPlan> {
    const { state, figures, packs, begun, input } = this
    const needed = (step: PutStep) => {
      if (begun.size >= (input.parallel ?? PARALLEL) || begun.has(step.name)) return
      const put = this.putNow(step).then(() => {
        this.begunThere.objects++
        this.begunThere.bytes += step.sizeBytes
      })
      // Told where the plan comes to it.
      put.catch(() => {})
      begun.set(step.name, put)
    }
    this.streamedBytes = figures.bytesPut
    this.bytesTotal = null
    this.begunThere = { objects: 0, bytes: 0 }
    const plan = await state.plan({ archive: this.tellArchive, needed })
    packs.endAhead()
    await this.claimed
    state.remember()
    // Of an archive that turned out not to be whole, a pack may have been sent for nothing.
    if (begun.size > 0 && state.incomplete.size > 0) input.memory.sweepDue = true
    this.objectsTotal = figures.objectsPut - this.begunThere.objects + plan.objects
    this.bytesTotal = figures.bytesPut - this.begunThere.bytes + plan.bytes
    return plan
  }

  private async execute(plan: SyncPlan): Promise<void> {
    const turns = new Turns(this.input.parallel ?? PARALLEL)
    await turns.all(plan.keys.map((step) => () => this.put(step)))
    await turns.all(plan.repairs.map((step) => () => this.put(step)))
    for (const archive of plan.archives) {
      await turns.all(archive.packs.map((step) => () => this.put(step)))
      await turns.all([...archive.indexes, ...archive.marks].map((step) => () => this.put(step)))
      if (!archive.manifest) continue
      const isNew = !this.state.isListed(archive.archiveId)
      await this.put(archive.manifest)
      if (isNew) this.figures.archivesCopied++
      this.saveNowAndThen()
    }
    await turns.all(plan.system.map((step) => () => this.put(step)))
    await this.state.removable((retain) =>
      takeAway(
        retain,
        plan.stale.map((name) => [name]),
      ),
    )
  }

  /** What is not remembered is found again; writing it down for each archive would cost more than finding it. */
  private saveNowAndThen(): void {
    const nowMs = this.input.clock.monotonicMs()
    if (nowMs - this.savedAtMs < SAVE_EVERY_MS) return
    this.savedAtMs = nowMs
    this.input.saveMemory()
  }

  private async put(step: PutStep): Promise<void> {
    await (this.begun.get(step.name) ?? this.putNow(step))
  }

  private async putNow(step: PutStep): Promise<void> {
    const { input, state, figures } = this
    await this.claimed
    throwIfCancelled(input.signal)
    const nowMs = input.clock.nowMs()
    const { untilMs } = await lockTimes(input)
    const { packs, tellBytes } = this
    const put = await putObject(
      { host: input.host.storage, place: input.place, packs, lockUntilMs: untilMs, signal: input.signal, onBytes: tellBytes },
      step,
    )
    if (put.isOther) {
      const message = `The copy has another ${step.name} than the host. Both stay as they are: the copy may be of a time that this host was put back from.`
      figures.findings.push({ severity: 'warning', code: 'replica_differs', path: step.name, message })
    } else if (step.replaces) {
      figures.healed.push(step.name)
      if (!input.memory.replaced.includes(step.name)) input.memory.replaced.push(step.name)
    }
    state.noteThere(step.name, step.sizeBytes)
    const sha256 = put.isOther || step.name.endsWith('.pack') ? null : put.sha256
    input.memory.objects[step.name] = { sizeBytes: step.sizeBytes, checkedAtMs: nowMs, sha256, lockedUntilMs: put.lockedUntilMs }
    figures.objectsPut++
    figures.bytesPut += step.sizeBytes
  }

  private async extend(): Promise<void> {
    const { input, state } = this
    if (!input.place.immutability || input.lockDays === null) return
    const names = await state.neededNames()
    this.figures.locksExtended = await extendLocks(input, names, (done, name) => this.tell('extending locks', done, names.length, name))
  }

  private async retain(): Promise<void> {
    const { input, state, figures } = this
    const going = state.goingFromCopy()
    if (going.length === 0 && !input.memory.sweepDue) return
    this.tell('taking away', 0, going.length)
    await state.refreshView()
    await state.removable(async (retain) => {
      try {
        figures.forgotten = await forgetOnCopy(retain, going)
        if (figures.forgotten.length > 0) await state.refreshView()
        const swept = input.memory.sweepDue ? await sweepCopy({ ...retain, copy: state.copy }) : { freedBytes: 0, lockedBytes: 0 }
        figures.freedBytes = swept.freedBytes
        figures.lockedBytes = swept.lockedBytes
      } catch (error) {
        if (!isAppError(error) || error.code !== 'prune_refused') throw error
        figures.findings.push({
          severity: 'warning',
          code: error.code,
          path: null,
          message: `Nothing was taken off the copy: ${error.message}`,
        })
      }
    })
  }

  private finish(): SyncFigures {
    const { state, figures, input } = this
    figures.archives = state.archives(figures.forgotten)
    figures.objectsThere = state.listing.size
    figures.bytesThere = [...state.listing.values()].reduce((sum, bytes) => sum + bytes, 0)
    figures.findings.push(...state.findings(), ...damageFindings(figures, input.place.location))
    return figures
  }

  private readonly tellArchive = (done: number, total: number, id: string): void => this.tell('reading archives', done, total, id)

  private readonly tellBytes = (name: string, bytes: number): void => {
    this.streamedBytes += bytes
    if (this.bytesTotal === null) return
    this.tell('copying', this.figures.objectsPut, this.objectsTotal, name, this.streamedBytes)
  }

  private tell(phase: SyncProgress['phase'], done = 0, total: number | null = null, current: string | null = null, bytesDone = 0): void {
    const isCopying = phase === 'copying'
    this.input.onProgress?.({
      phase,
      objectsDone: done,
      objectsTotal: total,
      bytesDone,
      bytesTotal: isCopying ? this.bytesTotal : null,
      current,
    })
  }
}

function damageFindings({ damaged, healed, vanished, tampering }: SyncFigures, place: string): SyncFigures['findings'] {
  const findings: SyncFigures['findings'] = []
  const add = (severity: 'error' | 'warning', code: string, path: string, message: string) =>
    findings.push({ severity, code, path, message })
  const named = (names: readonly string[]) => `${names.length === 1 ? '1 object' : `${names.length} objects`}, ${names[0]} first`
  if (damaged.length > 0) {
    const text = `Damaged on the copy at ${place}: ${named(damaged)}. Put right from the host: ${healed.length}.`
    add('warning', 'replica_damaged', damaged[0]!, text)
  }
  if (vanished.length > 0) {
    const text = `Gone from the copy at ${place}, and not by Orchive's doing: ${named(vanished)}. What the host has was copied again.`
    add('error', 'replica_tampered', vanished[0]!, text)
  }
  const [attempt] = tampering
  if (attempt) {
    const how = `${attempt.kind} at ${new Date(attempt.atMs).toISOString()}`
    const text = `Somebody deleted or overwrote at ${place}: ${named(tampering.map(({ name }) => name))} (${how}). The lock kept the first version of each.`
    add('error', 'replica_tampered', attempt.name, text)
  }
  return findings
}
