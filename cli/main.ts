/** The command line's entry: answers `--version` before anything is loaded, then starts the program. */
async function main(): Promise<void> {
  if (process.argv.length === 3 && process.argv[2] === '--version') {
    const { readFileSync } = await import('node:fs')
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
    process.stdout.write(`${version}\n`)
    return
  }
  const { runProgram } = await import('./program.ts')
  process.exitCode = await runProgram(process.argv.slice(2))
}

void main()

export {}
