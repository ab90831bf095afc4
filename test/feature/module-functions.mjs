/** Functions that worker threads import by name. */

/** Twice the column x. */
export function twice(batch) {
  return Float64Array.from(batch.getChild('x'), (value) => 2 * value);
}
