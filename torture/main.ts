/** `npm run torture`: does harm for so many minutes, prints what was tried, and ends with 1 when something did not hold. */
import { parseArgs } from 'node:util'
import { ATTACKS } from './attacks.ts'
import { torture } from './torture.ts'

const HELP = `npm run torture -- [--minutes N] [--rounds N] [--seed N] [--only NAME,…]

Breaks things on purpose, over and over, and looks whether what has to hold does.

  --minutes N   how long (10)
  --rounds N    so many rounds of each attack instead
  --seed N      begins with this seed; a failure prints the seed of its round
  --only NAMES  these attacks alone, with commas between

${ATTACKS.map(({ name, about }) => `  ${name.padEnd(15)} ${about}`).join('\n')}
`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rounds: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help) process.stdout.write(HELP)
// Builders may have processes at hand that would keep this one.
else process.exit(await run())

async function run(): Promise<number> {
  const minutes = Number(values.minutes)
  const rounds = values.rounds === undefined ? null : Number(values.rounds)
  const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed)
  const names = values.only?.split(',')
  const unknown = names?.filter((name) => !ATTACKS.some((attack) => attack.name === name)) ?? []
  if (unknown.length > 0) return refuse(`There is no attack ${unknown.join(', ')}.`)
  if (![minutes, seed, rounds ?? 1].every((number) => number > 0 && Number.isFinite(number))) return refuse('Numbers have to be above 0.')
  const attacks = ATTACKS.filter(({ name }) => !names || names.includes(name))
  return (await torture({ attacks, seed, minutes, rounds, print: (line) => process.stdout.write(`${line}\n`) })) ? 0 : 1
}

function refuse(why: string): number {
  process.stderr.write(`${why}\n\n${HELP}`)
  return 2
}
