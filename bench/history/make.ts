/** Makes a home with a long history and leaves it there: `node bench/history/make.ts FOLDER [files] [archives] [hours between two]`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeLongHistory } from './long-history.ts'

const [folder, files = '100000', archives = '30', hours = '24'] = process.argv.slice(2)
if (!folder) throw new Error('Name an empty folder.')
const startedMs = performance.now()
const made = await makeLongHistory(
  folder,
  { files: Number(files), archives: Number(archives), everyMs: Number(hours) * 3_600_000 },
  (done) => {
    if (done % 20 === 0 || done === 1) console.error(`${done} archives, ${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
  },
)
writeFileSync(join(folder, 'history.json'), JSON.stringify(made))
