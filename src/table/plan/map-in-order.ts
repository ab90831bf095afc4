/** Runs asynchronous work over a list, a bounded number at once, and hands the results out in order. */

/**
 * The results of `work`, in the order of the items; at most `limit` are in flight or waiting to be
 * taken. When one fails or the consumer stops, no further item is begun, and the generator ends after
 * those in flight have settled.
 */
export async function* mapInOrder<I, O>(
  items: Iterable<I>,
  limit: number,
  work: (item: I, index: number) => Promise<O>,
): AsyncGenerator<O, void, undefined> {
  const pending: Promise<O>[] = [];
  let index = 0;
  const iterator = items[Symbol.iterator]();
  const begin = (): void => {
    const next = iterator.next();
    if (next.done === true) return;
    const promise = work(next.value, index++);
    // A later item may fail while an earlier one is awaited: it is reported when its turn comes.
    promise.catch(() => undefined);
    pending.push(promise);
  };
  try {
    for (let i = 0; i < limit; i++) begin();
    while (pending.length > 0) {
      const result = await (pending.shift() as Promise<O>);
      begin();
      yield result;
    }
  } finally {
    await Promise.allSettled(pending);
  }
}
