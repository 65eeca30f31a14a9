/**
 * A small orchestrator that behaves like the real one where backups can notice: it holds its state in memory and overwrites the file in
 * place, without a temporary file; it appends JSONL logs and writes knowledge packs; a state that does not parse is "starting fresh".
 *
 *   node sample-orchestrator.mjs --config FILE --port 0 [--host 127.0.0.1] [--state-ms 1000] [--log-ms 500] [--pack-ms 15000] [--map FROM=TO]
 *
 * ORCHESTRATOR_CONFIG, STATE_FILE and PORT count as with the real one. Prints one JSON line when it listens. 0 ms = never.
 */
import { once } from 'node:events'
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'

const { values: options } = parseArgs({
  options: {
    config: { type: 'string', default: process.env.ORCHESTRATOR_CONFIG ?? 'orchestrator_config.json' },
    port: { type: 'string', default: process.env.PORT ?? '3312' },
    host: { type: 'string', default: '127.0.0.1' },
    'state-ms': { type: 'string', default: '1000' },
    'log-ms': { type: 'string', default: '500' },
    'pack-ms': { type: 'string', default: '15000' },
    map: { type: 'string', multiple: true, default: [] },
  },
})

const CAPS = { taskExecutions: 5000, workflowEvents: 20_000, approvals: 1000, incidentLedger: 1000, taskHistory: 2000 }
const configPath = resolve(options.config)
const config = JSON.parse(readFileSync(configPath, 'utf8'))
const statePath = placeOf(process.env.STATE_FILE ?? config.stateFile)
const logsDir = placeOf(config.logsDir)
const packsDir = config.knowledgePackDir ? placeOf(config.knowledgePackDir) : null
for (const folder of [dirname(statePath), logsDir, packsDir]) if (folder) mkdirSync(folder, { recursive: true })

const startedAtMs = Date.now()
let tasks = 0
let lastSavedAt = null
let saving = Promise.resolve()
let stopping = false
const logPath = join(logsDir, `orchestrator-${process.pid}.jsonl`)
const state = loadState()
state.lastStartedAt = new Date().toISOString()

function placeOf(value) {
  if (!isAbsolute(value)) return resolve(dirname(configPath), value)
  for (const map of options.map) {
    const [from, to] = map.split('=')
    if (value === from || value.startsWith(`${from}/`)) return join(to, value.slice(from.length))
  }
  return value
}

function loadState() {
  if (!existsSync(statePath)) return emptyState()
  try {
    return { ...emptyState(), ...JSON.parse(readFileSync(statePath, 'utf8')) }
  } catch (error) {
    log('warn', `state file unreadable, starting fresh: ${error.message}`)
    return emptyState()
  }
}

function emptyState() {
  return {
    lastStartedAt: null,
    updatedAt: null,
    indexedDocs: 0,
    docIndexVersion: 0,
    pendingDocChanges: [],
    taskHistory: [],
    taskExecutions: [],
    approvals: [],
    incidentLedger: [],
    workflowEvents: [],
  }
}

function log(level, message) {
  appendFileSync(logPath, `${JSON.stringify({ ts: new Date().toISOString(), level, message })}\n`)
}

function handleTask() {
  const at = new Date().toISOString()
  const id = `tsk_${process.pid}_${++tasks}`
  state.taskExecutions.push({ taskId: id, idempotencyKey: id, type: 'heartbeat', status: 'success', attempt: 1, lastHandledAt: at })
  state.taskHistory.push({ id, type: 'heartbeat', handledAt: at, result: 'ok', message: 'heartbeat handled' })
  state.workflowEvents.push({ eventId: `evt_${id}`, runId: id, stage: 'result', state: 'completed', timestamp: at })
  for (const [list, cap] of Object.entries(CAPS)) if (state[list]?.length > cap) state[list] = state[list].slice(-cap)
  state.updatedAt = at
}

/** Truncates and writes in pieces: whoever reads meanwhile sees a torn file, as with the real one. */
function save() {
  saving = saving.then(async () => {
    const bytes = Buffer.from(JSON.stringify(state, null, 2))
    const fd = openSync(statePath, 'w')
    try {
      const piece = Math.max(4096, Math.ceil(bytes.length / 3))
      for (let at = 0; at < bytes.length; at += piece) {
        writeSync(fd, bytes, at, Math.min(piece, bytes.length - at))
        if (at + piece < bytes.length) await delay(Math.random() * 2)
      }
    } finally {
      closeSync(fd)
    }
    lastSavedAt = new Date().toISOString()
  })
  return saving
}

function writePack() {
  const at = Date.now()
  const pack = {
    id: `kp-${at}`,
    generatedAt: new Date(at).toISOString(),
    sections: [{ title: 'heartbeat', body: `${tasks} tasks handled` }],
  }
  writeFileSync(join(packsDir, `knowledge-pack-${at}.json`), JSON.stringify(pack, null, 2))
}

const ROUTES = {
  '/health': () => ({ status: 'healthy', timestamp: new Date().toISOString(), uptimeMs: Date.now() - startedAtMs, pid: process.pid }),
  '/api/persistence/health': () => ({
    status: 'healthy',
    store: 'file',
    path: statePath,
    sizeBytes: statSync(statePath, { throwIfNoEntry: false })?.size ?? null,
    lastSavedAt,
    records: state.taskExecutions.length,
  }),
  '/api/knowledge/summary': () => {
    const packs = packsDir ? readdirSync(packsDir).filter((name) => name.endsWith('.json')) : []
    return { status: 'healthy', packs: packs.length, latest: packs.sort().at(-1) ?? null, indexedDocs: state.indexedDocs }
  },
}

const server = createServer((request, response) => {
  const route = request.method === 'GET' ? ROUTES[new URL(request.url, 'http://localhost').pathname] : undefined
  const body = route ? route() : { error: 'not found' }
  response.writeHead(route ? 200 : 404, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
})

/** Repeats with a little jitter until the process stops. */
async function every(intervalMs, work) {
  if (!(intervalMs > 0)) return
  while (!stopping) {
    await delay(intervalMs * (0.8 + Math.random() * 0.4), undefined, { ref: false })
    if (!stopping) await work()
  }
}

async function stop() {
  if (stopping) return
  stopping = true
  log('info', 'stopping')
  await save()
  server.closeAllConnections?.()
  server.close()
  process.exit(0)
}

process.on('SIGTERM', stop)
process.on('SIGINT', stop)
server.listen(Number(options.port), options.host)
await once(server, 'listening')
log('info', `started from ${basename(configPath)}`)
await save()
process.stdout.write(`${JSON.stringify({ listening: true, port: server.address().port, pid: process.pid, statePath, logPath })}\n`)

every(Number(options['state-ms']), () => {
  handleTask()
  return save()
})
every(Number(options['log-ms']), () => log('info', `${tasks} tasks handled, queue empty`))
if (packsDir) every(Number(options['pack-ms']), writePack)
