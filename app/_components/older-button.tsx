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
      {/* Not disabled meanwhile: it would lose the focus, and who wants three pages presses it three times. */}
      <button
        type="button"
        className="btn"
        aria-busy={pages.isFetchingNextPage}
        onClick={() => void (pages.isFetchingNextPage || pages.fetchNextPage())}
      >
        {pages.isFetchingNextPage ? 'Reading…' : label}
      </button>
    </div>
  )
}
