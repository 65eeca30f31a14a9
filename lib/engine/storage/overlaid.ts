/** An object with some of its members replaced; the others go on, with the `this` that they know. What decorators of storage are made of. */
export function overlaid<T extends object>(inner: T, over: Partial<T>): T {
  return new Proxy(inner, {
    get(target, name) {
      const source = name in over ? over : target
      const value: unknown = Reflect.get(source, name, source)
      return typeof value === 'function' ? value.bind(source) : value
    },
  })
}
