import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { AppError } from '#lib/base/errors.ts'
import type { Run } from './program.ts'

/** True when somebody is there who can be asked. */
export const canAsk = ({ out }: Run): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true && !out.isJson

/** Throws `usage` where nobody can be asked; `what` is what would be done, as the beginning of a sentence. */
export function requireAsker(run: Run, what: string, more = ''): void {
  if (canAsk(run)) return
  throw new AppError('usage', {
    message: `${what}, and nobody is here to ask.`,
    hint: `Look at it with --dry-run, then run it with --yes${more}.`,
  })
}

/** Asks for a name to be typed; throws `cancelled` for any other answer. */
export async function askForName(run: Run, name: string): Promise<void> {
  if ((await askLine(run, `Type ${name} to go on: `)) === name) return
  throw new AppError('cancelled', { message: 'Nothing was changed.' })
}

/** Asks for a line, without the space around it; '' when there is none. */
export async function askLine({ signal }: Pick<Run, 'signal'>, question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Ctrl-D closes the prompt without an answer; Ctrl-C reaches only the prompt as long as it is open.
    prompt.on('SIGINT', () => process.emit('SIGINT'))
    const closed = once(prompt, 'close').then(() => '')
    return (await Promise.race([prompt.question(question, { signal }), closed])).trim()
  } finally {
    prompt.close()
  }
}
