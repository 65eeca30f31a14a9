/** Work of which only so much is under way at once. */
export class Turns {
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  /** Does all of it; after a failure nothing more is begun, what is under way is waited for, and the first failure is thrown. */
  async all(work: readonly (() => Promise<void>)[]): Promise<void> {
    let next = 0
    let failure: { error: unknown } | null = null
    const worker = async () => {
      while (next < work.length && failure === null) {
        try {
          await work[next++]!()
        } catch (error) {
          failure ??= { error }
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(this.most, work.length) }, worker))
    if (failure) throw (failure as { error: unknown }).error
  }
}
