import { readFileSync } from 'node:fs'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import type { SlotSecret } from '#lib/engine/repository/key-slots.ts'
import { parseKey } from '#lib/engine/repository/key-text.ts'
import { canAsk } from './ask-name.ts'
import type { Run } from './program.ts'

/** The secret that options name; null when they name none. */
export function givenSecret(options: Record<string, unknown>): SlotSecret | null {
  if (typeof options.keyFile === 'string') return { kind: 'key', key: parseKey(readSecretFile(options.keyFile)) }
  return typeof options.passphraseFile === 'string' ? { kind: 'passphrase', passphrase: passphraseIn(options.passphraseFile) } : null
}

/** The secret that options name, or that somebody types; null when neither is there. Never from the command line itself, which everybody on the host can read. */
export async function secretOf(run: Run, options: Record<string, unknown>, what: string): Promise<SlotSecret | null> {
  if (typeof options.keyFile === 'string') return givenSecret(options)
  const passphrase = await passphraseOf(run, options.passphraseFile, what)
  return passphrase === null ? null : { kind: 'passphrase', passphrase }
}

/** A passphrase from a file (`-` = standard input), or typed; null when there is nobody to ask, or nothing was typed. */
export async function passphraseOf(run: Run, file: unknown, what: string): Promise<string | null> {
  if (typeof file === 'string') return passphraseIn(file)
  return canAsk(run) ? (await askSecret(run, `${what}: `)) || null : null
}

/** A passphrase that is new, typed twice. */
export async function newPassphraseOf(run: Run, file: unknown, what: string): Promise<string | null> {
  const typed = await passphraseOf(run, file, what)
  if (typed === null || typeof file === 'string') return typed
  if ((await askSecret(run, 'Once more: ')) === typed) return typed
  throw new AppError('invalid_input', { message: 'The two are not the same. Nothing was changed.', hint: 'Run it again.' })
}

function passphraseIn(file: string): string {
  const text = readSecretFile(file).replace(/\r?\n$/, '')
  if (text === '') throw new AppError('usage', { message: `There is no passphrase in ${nameOf(file)}.` })
  return text
}

const nameOf = (file: string) => (file === '-' ? 'standard input' : file)

function readSecretFile(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new AppError('usage', {
      message: `${nameOf(file)} cannot be read (${errnoOf(error) ?? 'unknown error'}).`,
      hint: 'Check its path and mode.',
      cause: error,
    })
  }
}

/** Reads a line from the terminal that is not shown; throws `cancelled` on Ctrl-C. */
async function askSecret({ signal }: Run, prompt: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.resume()
  try {
    return await new Promise((resolve, reject) => {
      const stop = () => reject(new AppError('cancelled', { message: 'Nothing was changed.' }))
      let typed: string[] = []
      stdin.on('data', (chunk: string) => {
        for (const character of chunk) {
          if (character === '\u0003') return stop()
          if (character === '\r' || character === '\n' || character === '\u0004') return resolve(typed.join(''))
          if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1)
          else typed.push(character)
        }
      })
      signal.addEventListener('abort', stop, { once: true })
    })
  } finally {
    stdin.removeAllListeners('data')
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
