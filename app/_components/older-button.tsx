'use client'

interface Pages {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => Promise<unknown>
}

/** Reads the next page of a list, as long as there is one. */
export function OlderButton({ pages, label = 'Older' }: { pages: Pages; label?: string }) {
  if (!pages.hasNextPage) return null
  return (
    <div className="phead">
      <button type="button" className="btn" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
        {pages.isFetchingNextPage ? 'Reading…' : label}
      </button>
    </div>
  )
}
