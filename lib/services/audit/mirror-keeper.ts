import { auditHead } from '#db/console/tables/audit.ts'
import { mirrorAuditInChild } from '../console/audit.ts'
import type { ServiceContext } from '../context.ts'

/** A child is started at most so often. */
const PAUSE_MS = 60_000
/** And so often while a repository cannot be written. */
const FAILED_PAUSE_MS = 600_000

/** Keeps the copies of the audit log beside the archives up to date while the console runs. */
export class MirrorKeeper {
  private readonly ctx: ServiceContext
  private copied = 0
  private startedMs = Number.NEGATIVE_INFINITY
  private pauseMs = PAUSE_MS
  private running: Promise<void> | null = null

  constructor(ctx: ServiceContext) {
    this.ctx = ctx
  }

  /** Copies what is new, if something is; problems are told by `audit verify`, to whoever asks. */
  tick(): Promise<void> {
    const head = auditHead(this.ctx.consoleDb)?.seq ?? 0
    const nowMs = this.ctx.clock.monotonicMs()
    if (this.running || head === this.copied || nowMs - this.startedMs < this.pauseMs) return this.running ?? Promise.resolve()
    this.startedMs = nowMs
    this.running = mirrorAuditInChild(this.ctx)
      .then((mirrors) => {
        const isWell = mirrors.every(({ problem }) => problem === null)
        this.pauseMs = isWell ? PAUSE_MS : FAILED_PAUSE_MS
        if (isWell) this.copied = head
      })
      .finally(() => {
        this.running = null
      })
    return this.running
  }
}
