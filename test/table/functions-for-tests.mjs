/** Functions that the tests name by fromModule; worker threads import them. */
import { Bool, vectorFromArray } from 'apache-arrow';

/** Twice the column x. */
export function twice(batch) {
  return Float64Array.from(batch.getChild('x'), (value) => value * 2);
}

/** Whether x is above 1, as an Arrow vector of the package. */
export function vectorAboveOne(batch) {
  return vectorFromArray(
    Array.from(batch.getChild('x'), (value) => value > 1),
    new Bool(),
  );
}

/** Words with a null, as an Arrow vector with a dictionary. */
export function vectorOfWords(batch) {
  return vectorFromArray(Array.from(batch.getChild('x'), (x) => (x === 2 ? null : `word ${x}`)));
}

/** Keeps rows with x above 1. */
export function aboveOne(batch) {
  return Array.from(batch.getChild('x'), (value) => value > 1);
}

const kept = new Map();

/** Sevens, the same array for every batch of a length. */
export function keptNumbers(batch) {
  const { numRows } = batch;
  if (!kept.has(numRows)) kept.set(numRows, new Float64Array(numRows).fill(7));
  return kept.get(numRows);
}

/** Fails. */
export function fails() {
  throw new RangeError('no such thing');
}

/** Fails later. */
export async function failsLater() {
  throw new RangeError('no such thing');
}

/** Twice the column x, later. */
export async function twiceLater(batch) {
  return twice(batch);
}

/** Keeps rows with x above 1, later. */
export async function aboveOneLater(batch) {
  return aboveOne(batch);
}
