import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { AppError } from '#lib/base/errors.ts'
import type { Run } from './program.ts'

/** True when somebody is there who can be asked. */
export const canAsk = ({ out }: Run): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true && !out.isJson

/** Asks for a name to be typed; throws `cancelled` for any other answer. */
export async function askForName({ signal }: Run, name: string): Promise<void> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Ctrl-D closes the prompt without an answer; Ctrl-C reaches only the prompt as long as it is open.
    prompt.on('SIGINT', () => process.emit('SIGINT'))
    const closed = once(prompt, 'close').then(() => '')
    const typed = await Promise.race([prompt.question(`Type ${name} to go on: `, { signal }), closed])
    if (typed.trim() === name) return
  } finally {
    prompt.close()
  }
  throw new AppError('cancelled', { message: 'Nothing was changed.' })
}
