/** One thing that was done to, or seen of, a running orchestrator. */
export interface Evidence {
  /** Whether what the step is for is so; `unknown` when it could not be found out, or nothing is configured for it. */
  outcome: 'proven' | 'contradicted' | 'unknown'
  message: string
}

/** What speaks for a stopped orchestrator, taken together. */
export interface StopProof {
  outcome: 'proven' | 'unknown'
  evidence: readonly Evidence[]
}

export interface RuntimeStepOptions {
  signal?: AbortSignal | undefined
}

/** What a restore needs of the orchestrator whose files it replaces. Each step throws when it failed; a second implementation is a test's. */
export interface RuntimePort {
  /** False where nothing is configured to stop and start it: then only `proveStopped` is asked. */
  readonly isConfigured?: boolean
  /** Asks it to stop. */
  stop(options?: RuntimeStepOptions): Promise<Evidence>
  /** Throws when something still speaks against it at the end of its time. */
  proveStopped(options?: RuntimeStepOptions): Promise<Evidence | StopProof>
  start(options?: RuntimeStepOptions): Promise<Evidence>
  /** Throws when it did not come up in its time. */
  awaitHealthy(options?: RuntimeStepOptions): Promise<Evidence>
}

/** Whether a restore with this port stops and starts the orchestrator itself. */
export const canStop = (runtime: RuntimePort | undefined): runtime is RuntimePort => runtime !== undefined && runtime.isConfigured !== false
