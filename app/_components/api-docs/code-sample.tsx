/** A piece of code to be copied; it can be scrolled by keyboard where it is wide. */
export function CodeSample({ label, text }: { label: string; text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls has to be reachable by keyboard
    <section className="apic" aria-label={label} tabIndex={0}>
      <pre className="mono">{text}</pre>
    </section>
  )
}
