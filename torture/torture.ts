import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { Attack, Tally } from './attack.ts'

export interface TortureInput {
  attacks: readonly Attack[]
  /** Of the first round; each after it has the next number. */
  seed: number
  minutes: number
  /** So many rounds of each attack, however long they take; null = by the minutes. */
  rounds: number | null
  print(line: string): void
}

/** How often a long run says how far it is. */
const TELL_EVERY_MS = 60_000

/** Runs the attacks one after the other, each for its part of the time; false when something did not hold. What a failed round left stays on the disk. */
export async function torture(input: TortureInput): Promise<boolean> {
  const shares = input.attacks.reduce((sum, { share }) => sum + share, 0)
  const failed: string[] = []
  for (const attack of input.attacks) {
    const isHeld = await attackFor(attack, (input.minutes * 60_000 * attack.share) / shares, input)
    if (!isHeld) failed.push(attack.name)
  }
  input.print(failed.length === 0 ? 'Everything held.' : `Did not hold: ${failed.join(', ')}.`)
  return failed.length === 0
}

async function attackFor(attack: Attack, longestMs: number, { seed: first, rounds, print }: TortureInput): Promise<boolean> {
  print(`\n${attack.name}: ${attack.about}`)
  const obstacle = attack.impossibleBecause?.() ?? null
  if (obstacle !== null) {
    print(`  left out: ${obstacle}`)
    return true
  }
  const startedMs = performance.now()
  const tookMs = () => performance.now() - startedMs
  const folder = mkdtempSync(join(tmpdir(), `orchive-torture-${attack.name}-`))
  const total: Tally = {}
  let seed = first
  // Builders that make folders of their own make them in here, so that they go with it.
  const outside = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  mkdirSync(join(folder, 'own'))
  try {
    const siege = await attack.open(join(folder, 'own'))
    let toldMs = 0
    for (; rounds === null ? tookMs() < longestMs || seed === first : seed < first + rounds; seed++) {
      for (const [what, count] of Object.entries(await siege.round(seed))) total[what] = (total[what] ?? 0) + count
      if (tookMs() - toldMs < TELL_EVERY_MS) continue
      toldMs = tookMs()
      print(`  … ${seed - first + 1} rounds in ${Math.round(toldMs / 60_000)} min: ${figuresOf(total)}`)
    }
    await siege.close()
  } catch (error) {
    print(`  DID NOT HOLD in the round of seed ${seed} (again: --only ${attack.name} --seed ${seed} --rounds 1; files: ${folder})`)
    print(inspect(error).replaceAll(/^/gm, '  '))
    return false
  } finally {
    if (outside === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = outside
  }
  rmSync(folder, { recursive: true, force: true })
  print(`  held: ${seed - first} rounds from seed ${first} in ${Math.round(tookMs() / 1000)} s: ${figuresOf(total)}`)
  return true
}

function figuresOf(total: Tally): string {
  return Object.entries(total)
    .map(([what, count]) => `${count.toLocaleString('en')} ${what}`)
    .join(', ')
}
