import type { Locator, Page } from '@playwright/test'
import { INBOX_FILES } from './history/made-lines.ts'

/** A page that people use: where it is, what shows that it is there, and what they do on it. */
export interface Journey {
  name: string
  path: string
  shown: (page: Page) => Locator
  act: (page: Page) => Promise<void>
  /** What a picture of it shows besides. */
  pose?: (page: Page) => Promise<void>
}

const times = async (count: number, act: (n: number) => Promise<void>) => {
  for (let n = 0; n < count; n++) await act(n)
}
const press = (page: Page, key: string, count: number) => times(count, () => page.keyboard.press(key))

/** Pages by what they hold much of: rows, files in a folder, changes, archives in a plan. */
export async function journeysOf(url: string, cookie: string, workspace: string): Promise<Journey[]> {
  const read = async <T>(path: string) => (await (await fetch(`${url}/api/v1${path}`, { headers: { cookie } })).json()) as T
  const { rows } = await read<{ rows: { id: string }[] }>(`/workspaces/${workspace}/archives?limit=100`)
  const [newest, before] = [rows[0]!.id, rows[1]!.id]
  const w = `/w/${workspace}`
  return [
    {
      name: 'overview',
      path: w,
      shown: (page) => page.getByRole('grid', { name: 'Archives over time' }),
      act: async (page) => {
        await page.getByRole('grid', { name: 'Archives over time' }).click()
        await press(page, 'ArrowLeft', 12)
        await press(page, 'ArrowDown', 2)
      },
    },
    {
      name: 'archives',
      path: `${w}/archives`,
      shown: (page) => page.getByRole('table').getByRole('button').first(),
      act: async (page) => {
        await press(page, 'j', 15)
        await press(page, 'k', 5)
        await press(page, 'x', 1)
        const held = (pressed: boolean) => page.getByRole('button', { name: 'Held', pressed })
        await held(false).click()
        await held(true).click()
        await page.getByRole('button', { name: 'Show older archives' }).waitFor()
        const rows = page.getByRole('table').getByRole('row')
        await times(2, async () => {
          const before = await rows.count()
          await page.getByRole('button', { name: 'Show older archives' }).click()
          await rows.nth(before).waitFor({ state: 'attached' })
        })
        await press(page, 'j', 10)
      },
    },
    {
      name: `browse, ${INBOX_FILES} files in a folder`,
      path: `${w}/archives/${newest}/browse`,
      shown: (page) => page.getByRole('treeitem').first(),
      act: async (page) => {
        await openInbox(page)
        await press(page, 'PageDown', 0)
        const tree = page.getByRole('tree')
        await times(40, () =>
          tree.evaluate(
            (box) =>
              new Promise<void>((done) => {
                box.scrollTop += 4000
                requestAnimationFrame(() => done())
              }),
          ),
        )
        await page.waitForLoadState('networkidle')
        await times(10, (n) =>
          page
            .getByRole('treeitem')
            .nth(5 + n)
            .click(),
        )
        await press(page, 'ArrowDown', 20)
        await page.getByLabel('Find a file in this archive').click()
        await page.keyboard.type('very-long-name', { delay: 40 })
        await page.getByRole('listitem').first().waitFor()
      },
      pose: openInbox,
    },
    {
      name: 'browse, a file with a version a day',
      path: `${w}/archives/${newest}/browse?path=orchestrator_state.json`,
      shown: (page) => page.getByRole('complementary', { name: 'Versions of this file' }).getByRole('button').first(),
      act: async (page) => {
        const versions = page.getByRole('complementary', { name: 'Versions of this file' }).getByRole('button')
        await times(5, async (n) => {
          const version = versions.nth(n * 2 + 1)
          await version.click()
          await version.and(page.locator('[aria-pressed=true]')).waitFor()
        })
      },
    },
    {
      name: 'compare',
      path: `${w}/compare?a=${before}&b=${newest}`,
      shown: (page) => page.getByRole('navigation', { name: 'Changes' }),
      act: async (page) => {
        await press(page, 'n', 12)
        await press(page, 'p', 6)
        await page.waitForLoadState('networkidle')
        await press(page, 'v', 2)
      },
    },
    {
      name: 'retention',
      path: `${w}/retention`,
      shown: (page) => page.getByRole('grid', { name: 'What stays and what goes over time' }),
      act: async (page) => {
        await page.getByRole('grid', { name: 'What stays and what goes over time' }).click()
        await press(page, 'ArrowLeft', 10)
        await page.getByRole('button', { name: /^Stays/ }).click()
        await page.getByRole('button', { name: /^Goes/ }).click()
        await page.getByRole('slider').first().focus()
        await press(page, 'ArrowLeft', 8)
        // Not until all is quiet: what a plan frees is measured for a minute and a half, and nobody waits for that.
        await page.getByRole('grid', { name: 'What stays and what goes over time' }).waitFor()
      },
    },
    {
      name: 'evidence',
      path: `${w}/evidence`,
      shown: (page) => page.getByRole('table').first(),
      act: async (page) => {
        await page.keyboard.press('?')
        await page.getByRole('dialog').waitFor()
        await page.keyboard.press('Escape')
      },
    },
    {
      name: 'jobs',
      path: `${w}/jobs`,
      shown: (page) => page.getByRole('heading', { level: 1, name: 'Jobs' }),
      act: (page) => press(page, 'Tab', 10),
    },
    {
      name: 'trash',
      path: `${w}/archives/trash`,
      shown: (page) => page.getByRole('heading', { level: 1 }),
      act: (page) => press(page, 'Tab', 10),
    },
    {
      name: 'find anything',
      path: w,
      shown: (page) => page.getByRole('grid', { name: 'Archives over time' }),
      act: async (page) => {
        await page.keyboard.press('/')
        const box = page.getByRole('dialog').getByPlaceholder('Find a page, an archive or a file')
        await box.waitFor()
        await box.pressSequentially('knowledge-pack-17', { delay: 40 })
        await page.getByRole('dialog').getByText('knowledge-packs/').first().waitFor()
        await press(page, 'ArrowDown', 5)
      },
      pose: async (page) => {
        await page.keyboard.press('/')
        await page.getByRole('dialog').getByPlaceholder('Find a page, an archive or a file').fill('knowledge-pack-17')
        await page.getByRole('dialog').getByText('knowledge-packs/').first().waitFor()
      },
    },
  ]
}

async function openInbox(page: Page): Promise<void> {
  const item = (name: string) => page.getByRole('treeitem').filter({ hasText: name }).first()
  await item('knowledge-packs').click()
  const tree = page.getByRole('tree')
  await page.getByRole('treeitem').filter({ hasText: 'batch-00000' }).first().waitFor()
  // Folders come a page at a time, until the last one is there.
  while ((await item('inbox').count()) === 0) {
    await tree.evaluate((box) => {
      box.scrollTop = box.scrollHeight
    })
    await page.waitForLoadState('networkidle')
  }
  await item('inbox').click()
  await page.getByRole('treeitem').filter({ hasText: '-note' }).first().waitFor()
}
