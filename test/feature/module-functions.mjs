/** Functions that worker threads import by name. */
import { getHeapStatistics } from 'node:v8';

/** Twice the column x. */
export function twice(batch) {
  return Float64Array.from(batch.getChild('x'), (value) => 2 * value);
}

/** Keeps objects until there is no room for more. */
export function hoard(batch) {
  const kept = [];
  for (;;) kept.push({ batch, index: kept.length });
}

/** How many MiB of objects the thread may have. */
export function heapLimit(batch) {
  const { heap_size_limit: limit } = getHeapStatistics();
  return new Float64Array(batch.numRows).fill(limit / 2 ** 20);
}
