/** A rectangle in percent of the whole. */
export interface Tile<T> {
  value: T
  left: number
  top: number
  width: number
  height: number
}

interface Box {
  left: number
  top: number
  width: number
  height: number
}

/**
 * Lays values out as rectangles whose areas are their sizes, near to squares (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000). `aspect`
 * is the width of the whole over its height. Largest first, from the top left; sizes of zero get no tile.
 */
export function layOutTreemap<T>(values: readonly T[], sizeOf: (value: T) => number, aspect: number): Tile<T>[] {
  const sorted = values.filter((value) => sizeOf(value) > 0).sort((a, b) => sizeOf(b) - sizeOf(a))
  const total = sorted.reduce((sum, value) => sum + sizeOf(value), 0)
  const tiles: Tile<T>[] = []
  // In a plane as wide as `aspect` and 1 high, so that squares are squares on the screen.
  const scale = total === 0 ? 0 : aspect / total
  let box: Box = { left: 0, top: 0, width: aspect, height: 1 }
  for (let at = 0; at < sorted.length; ) {
    const side = Math.min(box.width, box.height)
    let end = at + 1
    const areas = [sizeOf(sorted[at]!) * scale]
    while (end < sorted.length) {
      const next = [...areas, sizeOf(sorted[end]!) * scale]
      if (worstOf(next, side) > worstOf(areas, side)) break
      areas.push(next.at(-1)!)
      end++
    }
    box = placeRow(sorted.slice(at, end), areas, box, tiles)
    at = end
  }
  return tiles.map((tile) => ({
    ...tile,
    left: (tile.left / aspect) * 100,
    width: (tile.width / aspect) * 100,
    top: tile.top * 100,
    height: tile.height * 100,
  }))
}

/** The worst proportion of sides in a row along `side`. */
function worstOf(areas: readonly number[], side: number): number {
  const sum = areas.reduce((total, area) => total + area, 0)
  return Math.max((side ** 2 * Math.max(...areas)) / sum ** 2, sum ** 2 / (side ** 2 * Math.min(...areas)))
}

/** Places a row along the shorter side; gives what is left of the box. */
function placeRow<T>(values: readonly T[], areas: readonly number[], box: Box, tiles: Tile<T>[]): Box {
  const sum = areas.reduce((total, area) => total + area, 0)
  const isColumn = box.width >= box.height
  const depth = sum / (isColumn ? box.height : box.width)
  let along = isColumn ? box.top : box.left
  for (const [i, value] of values.entries()) {
    const length = areas[i]! / depth
    tiles.push(
      isColumn
        ? { value, left: box.left, top: along, width: depth, height: length }
        : { value, left: along, top: box.top, width: length, height: depth },
    )
    along += length
  }
  return isColumn
    ? { ...box, left: box.left + depth, width: box.width - depth }
    : { ...box, top: box.top + depth, height: box.height - depth }
}
