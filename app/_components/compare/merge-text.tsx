'use client'
import { unifiedMergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { readOnlyText } from '../code-look.ts'

/** How far a diff looks for what is the same, in characters and time; beyond, larger blocks count as changed. */
const DIFF = { scanLimit: 5000, timeout: 1500 }

const look = EditorView.theme({
  '.cm-deletedChunk, .cm-deletedLine': { backgroundColor: 'var(--bad-soft)' },
  '&.cm-merge-b .cm-changedLine, .cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--ok-soft)' },
  '.cm-changedText, &.cm-merge-b .cm-changedText': { background: 'color-mix(in srgb, var(--ok-mark) 34%, transparent)' },
  '.cm-deletedChunk .cm-deletedText, .cm-deletedText': {
    background: 'color-mix(in srgb, var(--bad-mark) 30%, transparent)',
    textDecoration: 'none',
  },
  // Colours of the syntax do not stand out enough on these grounds.
  '.cm-deletedChunk *, .cm-changedText, .cm-changedText *, .cm-insertedLine *': { color: 'var(--ink)' },
  '.cm-collapsedLines': { background: 'var(--canvas)', color: 'var(--ink-3)', font: '400 12px/20px var(--sans)' },
  '.cm-changeGutter': { width: '3px', paddingLeft: '1px' },
})

interface Props {
  before: string
  after: string
  isJson: boolean
  label: string
}

/** Two texts as one, old lines above new ones; what is the same is folded. */
export default function MergeText({ before, after, isJson, label }: Props) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!box.current) return
    const merge = unifiedMergeView({
      original: before,
      mergeControls: false,
      syntaxHighlightDeletions: false,
      collapseUnchanged: { margin: 3, minSize: 6 },
      diffConfig: DIFF,
      // Where one side is empty everything is new: marking each character on top says nothing.
      highlightChanges: before !== '' && after !== '',
    })
    const state = EditorState.create({ doc: after, extensions: [...readOnlyText({ isJson, label }), merge, look] })
    const view = new EditorView({ parent: box.current, state })
    return () => view.destroy()
  }, [before, after, isJson, label])
  return <div className="code merge" ref={box} />
}
