/** Something by the method and the path of an address, such as `get /archives/{archive}`; a word goes before a parameter in its place. */
export class PathTree<T> {
  readonly #root = newBranch<T>()

  add(address: string, value: T): void {
    const [method, path] = address.split(' ') as [string, string]
    let branch = this.#root
    for (const part of path.slice(1).split('/')) branch = branchFor(branch, part)
    branch.ends.set(method, value)
  }

  /** What stands at a method in lower case and a path, with what is in the place of its parameters; null for nothing. */
  find(method: string, path: string): { value: T; params: Record<string, string> } | null {
    const params: Record<string, string> = {}
    let branch = this.#root
    for (const part of path.slice(1).split('/')) {
      const word = branch.words.get(part)
      if (!word && !branch.any) return null
      // A parameter that is no valid text is none that an endpoint's input takes.
      if (!word) params[branch.any!.name] = decodePart(part)
      branch = word ?? branch.any!.branch
    }
    const value = branch.ends.get(method)
    return value === undefined ? null : { value, params }
  }
}

interface Branch<T> {
  words: Map<string, Branch<T>>
  /** What follows where the path has a parameter. */
  any: { name: string; branch: Branch<T> } | null
  /** By method. */
  ends: Map<string, T>
}

const newBranch = <T>(): Branch<T> => ({ words: new Map(), any: null, ends: new Map() })

function branchFor<T>(branch: Branch<T>, part: string): Branch<T> {
  if (!part.startsWith('{')) {
    const known = branch.words.get(part) ?? newBranch<T>()
    branch.words.set(part, known)
    return known
  }
  branch.any ??= { name: part.slice(1, -1), branch: newBranch() }
  if (branch.any.name !== part.slice(1, -1)) throw new Error(`${part} is {${branch.any.name}} in another path.`)
  return branch.any.branch
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
