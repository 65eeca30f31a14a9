'use client'
import DialogPanel from './dialog-panel.tsx'

const GROUPS: [title: string, keys: [keys: string, what: string][]][] = [
  [
    'Everywhere',
    [
      ['/', 'Find a page, an archive or a file'],
      [
        'G then O A C R B T P Y D E J L S',
        'Go to Overview, Archives, Compare, Restore, Runbooks, Retention, Approvals, Replicas, Disk, Evidence, Jobs, Audit log, Settings',
      ],
      ['B', 'Move to “Back up now”'],
      ['?', 'These shortcuts'],
    ],
  ],
  [
    'Archives',
    [
      ['J K', 'Next and previous row'],
      ['[ ]', 'Older and newer archive'],
      ['X', 'Select the row; two are compared, one with live'],
      ['Esc', 'Close the panel, or clear the selection'],
    ],
  ],
  [
    'Compare',
    [
      ['N P', 'Next and previous change'],
      ['V', 'A JSON file as records or as text'],
      ['S', 'Swap A and B'],
    ],
  ],
  [
    'Browse',
    [
      ['F', 'Find a file in this archive'],
      ['[ ]', 'Older and newer version of the file, or archive'],
      ['Space', 'Select in the tree'],
    ],
  ],
]

/** All keys that hold somewhere, by page. */
export default function ShortcutList({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <DialogPanel isOpen={isOpen} onClose={onClose} title="Keyboard shortcuts">
      {GROUPS.map(([title, keys]) => (
        <section key={title} className="keys" aria-label={title}>
          <h3>{title}</h3>
          <dl>
            {keys.map(([key, what]) => (
              <div key={key}>
                <dt>{key}</dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </DialogPanel>
  )
}
