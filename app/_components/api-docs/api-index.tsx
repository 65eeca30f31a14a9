'use client'
import { useEffect, useState } from 'react'

interface Chapter {
  name: string
  operations: { name: string; method: string; path: string; summary: string }[]
}

/** All operations by chapters; typing narrows them, a choice opens its part of the page. */
export function ApiIndex({ chapters }: { chapters: Chapter[] }) {
  const [text, setText] = useState('')
  useOpenAtHash()
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (haystack: string) => words.every((word) => haystack.toLowerCase().includes(word))
  const shown = chapters
    .map(({ name, operations }) => ({
      name,
      operations: operations.filter((one) => fits(`${name} ${one.name} ${one.method} ${one.path} ${one.summary}`)),
    }))
    .filter(({ operations }) => operations.length > 0)
  return (
    <nav className="apii" aria-label="Endpoints">
      <input
        className="inp"
        type="search"
        aria-label="Filter endpoints"
        placeholder="Filter"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {shown.length === 0 ? <p className="q">No endpoint fits.</p> : null}
      <ul>
        {shown.map(({ name, operations }) => (
          <li key={name}>
            <span className="grp">{name}</span>
            <ul>
              {operations.map((one) => (
                <li key={one.name}>
                  <a className="ell" href={`#${one.name}`} title={one.summary}>
                    {one.name}
                  </a>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** The part that the address points at is opened, whichever way one came to it. */
function useOpenAtHash(): void {
  useEffect(() => {
    const open = () => {
      const part = document.getElementById(decodeURIComponent(window.location.hash.slice(1)))
      if (!(part instanceof HTMLDetailsElement)) return
      part.open = true
      part.scrollIntoView()
    }
    open()
    window.addEventListener('hashchange', open)
    return () => window.removeEventListener('hashchange', open)
  }, [])
}
