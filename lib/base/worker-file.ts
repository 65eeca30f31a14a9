/** Where the code of a worker thread lies: beside `neighbour`, as TypeScript in a checkout and as JavaScript in the bundled program. */
export const workerFile = (name: string, neighbour: string): URL =>
  new URL(`./${name}${neighbour.slice(neighbour.lastIndexOf('.'))}`, neighbour)
