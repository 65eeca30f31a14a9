import { type CSSVariablesResolver, createTheme } from '@mantine/core'

/** Mantine on our tokens: one source for both worlds. */
export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 5 },
  defaultRadius: 5,
  cursorType: 'pointer',
  focusRing: 'auto',
  fontFamily: 'var(--sans)',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '15px', xl: '20px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '20px', xl: '28px' },
  headings: { fontWeight: '620' },
  colors: {
    accent: ['#ebf0fd', '#d3defb', '#b9c8f6', '#93abf0', '#6c8cea', '#4169e6', '#2b55d9', '#2850cf', '#2143ad', '#19348a'],
    ok: ['#e5f3ea', '#c9e6d4', '#9fd2b3', '#6fbb8e', '#47a874', '#2f9a62', '#248552', '#18733f', '#125c32', '#0c4526'],
    warn: ['#fbf1dc', '#f4dfb4', '#e9c47a', '#dca843', '#c78f24', '#b27409', '#9a6300', '#855300', '#684100', '#4c2f00'],
    bad: ['#fbeae8', '#f5cdc9', '#eca49d', '#e2776e', '#dd5549', '#d2453b', '#b92b22', '#ad241c', '#8a1c16', '#671410'],
    hold: ['#f1eaf9', '#dfd0f1', '#c3a1f1', '#a984dc', '#966cd6', '#8658c0', '#744aad', '#663a9b', '#512d7c', '#3c215d'],
  },
})

const onTokens = {
  '--mantine-color-body': 'var(--canvas)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-3)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--sunken)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-color-placeholder': 'var(--ink-3)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-error': 'var(--bad)',
}

/** Maps Mantine's variables onto the tokens, in both schemes. */
export const resolver: CSSVariablesResolver = () => ({ variables: {}, light: onTokens, dark: onTokens })
