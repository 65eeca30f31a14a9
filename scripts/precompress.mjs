/** Packs what browsers take packed beside the files themselves, in the folder that is named, so that no request has to wait for it. */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const PACKINGS = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
}

const folder = process.argv[2]
const files = globSync('**/*.{js,css,svg}', { cwd: folder })
await Promise.all(Array.from({ length: availableParallelism() }, packFiles))

async function packFiles() {
  for (let file = files.pop(); file !== undefined; file = files.pop()) {
    const path = join(folder, file)
    const bytes = readFileSync(path)
    for (const [ending, pack] of Object.entries(PACKINGS)) writeFileSync(`${path}.${ending}`, await pack(bytes))
  }
}
