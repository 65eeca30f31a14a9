import { readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test as base, expect, type Page } from '@playwright/test'
import type { AxeResults, RunOptions } from 'axe-core'
import { type Bench, makeBench } from '../test/builders/run-orchive.ts'
import { ADMIN, type RunningConsole, startConsole } from '../test/builders/start-console.ts'

interface Fixtures {
  /** A sample workspace and a home of their own. */
  bench: Bench
  /** A console running on that home; the admin exists and the browser is signed in, with no page open yet. */
  console: RunningConsole
}

/** Journeys: a real console, a real workspace, and no error in the browser's console. */
export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from the pattern
  bench: async ({}, use) => {
    const bench = await makeBench()
    await use(bench)
    rmSync(bench.folder, { recursive: true, force: true })
  },
  console: async ({ bench, page }, use) => {
    const running = await startConsole({ home: bench.home })
    try {
      await signUp(page, running)
      await use(running)
    } finally {
      // The page follows jobs through a stream that would break with the console.
      await page.close()
      await running.stop()
    }
  },
  page: async ({ page }, use) => {
    const errors: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    page.on('pageerror', (error) => errors.push(String(error)))
    await use(page)
    expect(errors, 'errors in the browser’s console').toEqual([])
  },
})
export { expect } from '@playwright/test'

/** Makes the first admin, who is signed in from then on; without the pages for it, which have journeys of their own. */
export async function signUp(page: Page, running: RunningConsole): Promise<void> {
  await post(page, running, '/api/v1/set-up', { token: running.setupToken, ...ADMIN })
  await signIn(page, running)
}

/** Signs the admin in. */
export async function signIn(page: Page, running: RunningConsole): Promise<void> {
  await post(page, running, '/api/auth/sign-in/email', { email: ADMIN.email, password: ADMIN.password })
}

async function post(page: Page, { url }: RunningConsole, path: string, data: object): Promise<void> {
  const answer = await page.request.post(`${url}${path}`, { data, headers: { origin: url } })
  if (!answer.ok()) throw new Error(`${path} answered ${answer.status()}: ${await answer.text()}`)
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** What the width of a window can break: what is hidden, folded into a symbol or made smaller. */
const BY_WIDTH = ['target-size', 'scrollable-region-focusable', 'aria-hidden-focus', 'button-name', 'link-name', 'label', 'select-name']
const PARTS = {
  all: { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] } },
  colours: { runOnly: { type: 'rule', values: ['color-contrast'] } },
  width: { runOnly: { type: 'rule', values: BY_WIDTH } },
} as const satisfies Record<string, RunOptions>

/** axe finds nothing on this page, WCAG 2.2 A and AA; or only what is about colours, or about the width; or only in some of its parts. */
export async function expectAccessible(page: Page, part: keyof typeof PARTS = 'all', within: string[] = ['html']): Promise<void> {
  // Loaded once for all looks at a document, and without a look into frames: our pages have none, and either takes as long as a look itself.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE)
  // What passes is not asked for, and gathering it takes longer than finding what does not.
  const options: RunOptions = { ...PARTS[part], resultTypes: ['violations'], iframes: false }
  const violations = await page.evaluate(
    async ({ within, options }) => {
      const { axe } = window as unknown as { axe: { run(context: object, options: object): Promise<AxeResults> } }
      const { violations } = await axe.run({ include: within }, options)
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
    },
    { within, options },
  )
  expect(violations).toEqual([])
}

const WIDE = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
/** A theme is colours and nothing else, and these are the same at every width; most of what a page says is the same at every width too. */
const LOOKS = [
  { size: WIDE, colorScheme: 'light', part: 'all' },
  { size: WIDE, colorScheme: 'dark', part: 'colours' },
  { size: PHONE, colorScheme: 'dark', part: 'width' },
] as const

/** The page as it stands passes axe in both themes and on a phone, and never scrolls sideways. Ends light and wide. */
export async function expectAccessibleEverywhere(page: Page): Promise<void> {
  for (const { size, colorScheme, part } of LOOKS) {
    await page.setViewportSize(size)
    await page.emulateMedia({ colorScheme })
    await expect(page.locator(`html[data-mantine-color-scheme=${colorScheme}]`)).toBeAttached()
    await expectAccessible(page, part)
    expect(await sidewaysOf(page), `what sticks out of ${size.width} px at ${page.url()}`).toEqual([])
  }
  await page.setViewportSize(WIDE)
  await page.emulateMedia({ colorScheme: 'light' })
}

/** Names what makes the page itself scroll sideways; nothing where it does not. */
function sidewaysOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const scrolls = [document.documentElement, document.querySelector('main')].some(
      (one) => one !== null && one.scrollWidth > one.clientWidth,
    )
    if (!scrolls) return []
    const wide = [...document.querySelectorAll('main *, body > *')].filter((one) => one.getBoundingClientRect().right > width + 0.5)
    return ['the page', ...wide.slice(0, 8).map((one) => `${one.tagName.toLowerCase()}.${one.className}`)]
  })
}
