/** A value now, or a promise of it: threads answer at once, sockets later; only promises are awaited. */
export type Awaitable<T> = T | Promise<T>;

/** True when the value must be awaited. */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
