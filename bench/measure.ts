import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One finished run: wall clock and the operating system's high-water mark of resident memory (null where /proc is missing). */
export interface Run {
  wallMs: number
  peakBytes: number | null
}

/** Runs argv to its end and measures it as a whole process; throws with its stderr when it fails. */
export function measure(argv: string[], options: { cwd?: string; env?: Record<string, string>; shell?: boolean } = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const [command, ...args] = argv
    const startedMs = performance.now()
    const child = spawn(options.shell ? 'sh' : command!, options.shell ? ['-c', argv.join(' ')] : args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-4000)
    })
    let peakBytes: number | null = null
    const sample = setInterval(() => {
      const now = residentPeak(child.pid!)
      if (now !== null) peakBytes = Math.max(peakBytes ?? 0, now)
    }, 15)
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(sample)
      const wallMs = performance.now() - startedMs
      if (code === 0) resolve({ wallMs, peakBytes })
      else reject(new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`))
    })
  })
}

function residentPeak(pid: number): number | null {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return line ? Number(line[1]) * 1024 : null
  } catch {
    return null
  }
}

/** Middle value; the mean of the two middle ones for an even count. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
