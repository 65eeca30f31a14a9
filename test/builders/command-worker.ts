/**
 * Runs command lines one after the other in one process, for `CommandSession`: a JSON line in for each, what it prints out, and then an end mark on
 * both streams. It ends when nobody can ask it any more.
 */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { runProgram } from '#cli/program.ts'
import { END_MARK } from './end-mark.ts'

for await (const line of createInterface({ input: process.stdin })) {
  const { argv, env, cwd } = JSON.parse(line) as { argv: string[]; env: Record<string, string>; cwd: string }
  process.chdir(cwd)
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
  Object.assign(process.env, env)
  const code = await runProgram(argv)
  writeSync(2, END_MARK)
  writeSync(1, `${END_MARK}${code}\n`)
}
