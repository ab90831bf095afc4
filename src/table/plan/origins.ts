/** Where do rows come from that were copied meanwhile? Rows of one origin are known by one object, which keeps none of them. */

const origins = new WeakMap<object, object>();

/** What rows of a source, and copies of them, are known by. */
export function originOf(source: object): object {
  const origin = origins.get(source) ?? {};
  origins.set(source, origin);
  return origin;
}

/** Says that a source has rows of another one. */
export function keepOrigin(copy: object, source: object): void {
  origins.set(copy, originOf(source));
}
