'use client'
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { readOnlyText } from '../code-look.ts'

/** Text to read, never to edit. */
export default function CodeText({ text, isJson, label }: { text: string; isJson: boolean; label: string }) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!box.current) return
    const state = EditorState.create({ doc: text, extensions: readOnlyText({ isJson, label }) })
    const view = new EditorView({ parent: box.current, state })
    return () => view.destroy()
  }, [text, isJson, label])
  return <div className="code" ref={box} />
}
