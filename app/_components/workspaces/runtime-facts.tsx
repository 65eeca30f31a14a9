import { commandText } from '#lib/base/command-text.ts'
import type { Runtime } from '#lib/contracts/runtime.ts'
import { Findings } from '../parts.tsx'

/** What the host file lets Orchive do with the orchestrator; only the host can change it. */
export function RuntimeFacts({ runtime }: { runtime: Runtime }) {
  const rows = factsOf(runtime)
  return (
    <div className="stack">
      {runtime.isConfigured ? null : (
        <p className="q">
          Orchive does not stop or start this orchestrator: no runtime is configured in{' '}
          <span className="mono">{runtime.hostConfigPath}</span>
        </p>
      )}
      {rows.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        <section className="tw" tabIndex={0} aria-label="What the host file says">
          <table>
            <thead>
              <tr>
                <th>Runtime</th>
                <th>From {runtime.hostConfigPath} on the host</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([name, value]) => (
                <tr key={`${name} ${value}`}>
                  <td>{name}</td>
                  <td className="mono brk">{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
      <Findings findings={runtime.problems} />
    </div>
  )
}

function factsOf({ stop, start, restart, rebuild, process, health, stateReads, maps, drill }: Runtime): [string, string][] {
  const commands: [string, string[] | null][] = [
    ['Stop', stop],
    ['Start', start],
    ['Restart', restart],
    ['Rebuild', rebuild],
    ['Drill', drill?.command ?? null],
  ]
  return [
    ...commands.flatMap(([name, argv]): [string, string][] => (argv ? [[name, commandText(argv)]] : [])),
    ...(process ? [['Process', process.match ?? process.pidFile ?? ''] as [string, string]] : []),
    ...(health ? [['Health', health.url] as [string, string]] : []),
    ...stateReads.map((url): [string, string] => ['State read', url]),
    ...maps.map(({ from, to }): [string, string] => ['Path map', `${from} → ${to}`]),
  ]
}
