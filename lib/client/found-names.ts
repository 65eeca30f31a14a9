'use client'
import { useEffect } from 'react'
import type { Found } from '#lib/contracts/archive.ts'
import type { InputOf } from './api.ts'
import { usePages } from './queries.ts'

/**
 * Names that match, read on without being asked until so many are found or everything was looked through: what is rare among common names comes in
 * short pages, the first ones empty.
 */
export function useFoundNames<N extends 'findInArchive' | 'findInWorkspace'>(
  name: N,
  input: InputOf<N>,
  wanted: number,
  options: { enabled?: boolean; keep?: boolean } = {},
) {
  const { data, error, isFetching, hasNextPage, fetchNextPage, refetch } = usePages(name, input, options)
  const rows = (data?.pages ?? []).flatMap((page) => page.rows as Found[])
  const isShort = rows.length < wanted && hasNextPage && error === null
  useEffect(() => {
    if (isShort && !isFetching) void fetchNextPage()
  }, [isShort, isFetching, fetchNextPage])
  return { rows, error, isLooking: isFetching || isShort, hasMore: hasNextPage, refetch }
}
