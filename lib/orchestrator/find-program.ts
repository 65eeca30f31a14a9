import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

/** Whether the first word of a command names a program that this user may run; a plain name is looked for on `searchPath`. */
export function isProgram(command: string, searchPath: string): boolean {
  if (isAbsolute(command)) return isExecutable(command)
  return searchPath.split(':').some((folder) => isAbsolute(folder) && isExecutable(join(folder, command)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
