/** Functions that the tests name by fromModule; worker threads import them. */

/** Twice the column x. */
export function twice(batch) {
  return Float64Array.from(batch.getChild('x'), (value) => value * 2);
}

/** Keeps rows with x above 1. */
export function aboveOne(batch) {
  return Array.from(batch.getChild('x'), (value) => value > 1);
}
