import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { AppError } from '#lib/base/errors.ts'
import { lineAndColumn, scanJson } from '#lib/base/scan-json.ts'
import { formatCount } from '#lib/base/units.ts'
import { hashDescriptor } from '../hash-descriptor.ts'
import { folderOfRaw, joinRaw, nameOfRaw, textOfRaw } from '../raw-path.ts'
import { fsPathAt, OpenFolders, statAt } from './open-folders.ts'
import type { Step } from './step-log.ts'
import type { SwapGround } from './swap.ts'
import { isAsPlaced } from './take-back.ts'

const READ_BYTES = 1024 * 1024
/** The text is held whole while it is looked at. */
const MOST_JSON_BYTES = 1024 * 1024 * 1024

/**
 * Looks at what lies there after a swap: every file that moved in has its SHA-256 and size, JSON items parse, what moved away is gone. Throws
 * `validation_failed` at the first that is not so. Returns how many files were read.
 */
export function validateSwap({ bases, steps }: SwapGround, onStep: (step: Step) => void): number {
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  const folders = bases.map((base) => new OpenFolders(base))
  let read = 0
  try {
    for (const step of steps.read()) {
      const path = joinRaw(bases[step.base]!, step.rel)
      const fail = (why: string) => {
        throw failed(textOfRaw(path), why)
      }
      const folderFd = folders[step.base]!.folder(folderOfRaw(step.rel))
      const now = folderFd === null ? null : statAt(folderFd, nameOfRaw(step.rel))
      if (step.do === 'quarantine') {
        if (now !== null) fail('is there again')
      } else if (folderFd === null || now === null) fail('is not there')
      else if (step.do === 'folder' && now.type !== 'dir') fail('is no folder')
      else if (step.do === 'place') {
        if (!isAsPlaced(step, now)) fail('is not what was put there')
        if (step.sha256 !== null) {
          readBack(step, fsPathAt(folderFd, nameOfRaw(step.rel)), buffer, fail)
          read++
        }
      }
      onStep(step)
    }
  } finally {
    for (const open of folders) open.close()
  }
  return read
}

/** What the step's report says. */
export const validatedText = (files: number) =>
  files === 1
    ? '1 file was read where it lies now and equals its SHA-256.'
    : `${formatCount(files)} files were read where they lie now and equal their SHA-256.`

function readBack(step: Step, path: string | Buffer, buffer: Buffer, fail: (why: string) => void): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!fstatSync(fd).isFile()) fail('is no file')
    if (hashDescriptor(fd, buffer).sha256 !== step.sha256) fail('does not have the SHA-256 of the archive')
    if (step.isJson && step.sizeBytes <= MOST_JSON_BYTES) {
      const why = jsonProblem(readFileSync(fd))
      if (why !== null) fail(why)
    }
  } finally {
    closeSync(fd)
  }
}

/** Why a text is no JSON; null when it is. */
function jsonProblem(bytes: Buffer): string | null {
  const text = bytes.subarray(0, 3).equals(BOM) ? bytes.subarray(3) : bytes
  const { error } = scanJson(text)
  if (!error) return null
  const { line, column } = lineAndColumn(text, error.offset)
  return `is not valid JSON at line ${line}, column ${column}`
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf])

function failed(path: string, why: string): AppError {
  return new AppError('validation_failed', {
    message: `${path} ${why} after the swap.`,
    hint: 'Verify the archive with `orchive verify`, and check the disk.',
    context: { path },
  })
}
