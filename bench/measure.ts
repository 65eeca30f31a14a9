import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One finished run. Processor time (user and system, of it and its children) and the peak of resident memory are the operating system's; null where it does not tell. */
export interface Run {
  wallMs: number
  cpuMs: number | null
  peakBytes: number | null
}

/** GNU time: the one program that says what wait4 says. */
const TIME = '/usr/bin/time'
const hasTime = existsSync(TIME)

/** Runs argv to its end and measures it as a whole process; throws with its stderr when it fails. */
export async function measure(argv: string[], options: { cwd?: string; env?: Record<string, string>; shell?: boolean } = {}): Promise<Run> {
  const line = options.shell ? ['sh', '-c', argv.join(' ')] : argv
  const notes = mkdtempSync(join(tmpdir(), 'orchive-time-'))
  const file = join(notes, 'time')
  const [command, ...args] = hasTime ? [TIME, '-o', file, '-f', '%U %S %M', ...line] : line
  try {
    const wallMs = await runToEnd(command!, args, options)
    const [user, system, peakKb] = hasTime ? readFileSync(file, 'utf8').trim().split(' ').map(Number) : []
    const isKnown = user !== undefined && system !== undefined && peakKb !== undefined
    return isKnown ? { wallMs, cpuMs: (user + system) * 1000, peakBytes: peakKb * 1024 } : { wallMs, cpuMs: null, peakBytes: null }
  } finally {
    rmSync(notes, { recursive: true })
  }
}

function runToEnd(command: string, args: string[], options: { cwd?: string; env?: Record<string, string> }): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now()
    const child = spawn(command, args, {
      ...(options.cwd ? { cwd: options.cwd } : {}),
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-4000)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(performance.now() - startedMs)
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr}`))
    })
  })
}

/** Middle value; the mean of the two middle ones for an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
