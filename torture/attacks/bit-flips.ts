import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAppError } from '#lib/base/errors.ts'
import { openRepository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { verifyRepository } from '#lib/engine/verify/verify-repository.ts'
import { makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { type Attack, Random } from '../attack.ts'

/** How many bits a round flips, one after the other. */
const FLIPS = 20

export const bitFlips: Attack = {
  name: 'bit-flips',
  about: 'one bit of one object of a repository is flipped: a verify of everything finds it',
  share: 1,
  async open(folder) {
    const path = join(folder, 'repository')
    cpSync(await makeSmallRepository(), path, { recursive: true })
    const objects = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/^(recover\.sh|README\.txt)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
    return {
      async round(seed) {
        const random = new Random(seed)
        for (let i = 0; i < FLIPS; i++) {
          const object = random.pick(objects)
          const good = readFileSync(object)
          const bit = random.below(good.length * 8)
          const bad = Buffer.from(good)
          bad[bit >> 3]! ^= 1 << (bit & 7)
          writeFileSync(object, bad)
          const isFound = await findsDamage(path)
          writeFileSync(object, good)
          if (!isFound) throw new Error(`Bit ${bit} of ${object} was flipped, and verify found nothing.`)
        }
        if (await findsDamage(path)) throw new Error('Verify found damage in a sound repository.')
        return { 'flipped bits': FLIPS }
      },
      close: async () => undefined,
    }
  },
}

async function makeSmallRepository(): Promise<string> {
  const workspace = await makeBackedUpWorkspace()
  mkdirSync(join(workspace.root, 'logs'))
  for (let i = 0; i < 12; i++) writeFileSync(join(workspace.root, 'logs', `${i}.log`), `line ${i}\n`.repeat(i * 3))
  await workspace.backUp()
  writeFileSync(join(workspace.root, 'logs', '3.log'), 'changed')
  await workspace.backUp()
  workspace.repository.close()
  return workspace.repositoryPath
}

async function findsDamage(path: string): Promise<boolean> {
  const storage = openLocalStorage(path)
  try {
    return (await verifyRepository({ repository: await openRepository(storage) })).findings.length > 0
  } catch (error) {
    if (!isAppError(error)) throw error
    return true
  } finally {
    storage.close()
  }
}
