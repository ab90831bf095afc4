/**
 * Labels and predictions of any type as codes into a short list of distinct values, the form in which all
 * classification metrics count them. Numbers, booleans and texts are labels; true equals 1.
 */
import { DataType, type Vector } from 'apache-arrow';
import { describeValue } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';
import { compareUtf8 } from '../binning/category-dictionary.ts';
import { encodeCategories, fillNumeric } from '../table/columns/column-values.ts';

/** The value of a class. */
export type LabelValue = number | string | boolean;

/** One column as codes. */
export interface LabelCodes {
  /** One code a row, into `values`. */
  readonly codes: Int32Array;
  /** Distinct values, in the order of their first row. */
  readonly values: readonly LabelValue[];
}

/** More distinct numbers than this are no classes. */
const maxClasses = 10_000;

/**
 * Reads a column of labels or predictions.
 *
 * @param what `label` or `prediction`, for errors
 * @throws CoppiceError `LABEL_INVALID` for a missing value, `COLUMN_TYPE`
 */
export function readLabels(vector: Vector, what: string, column: string): LabelCodes {
  const codes = new Int32Array(vector.length);
  const values = isText(vector.type)
    ? encodeCategories(vector, codes, 0)
    : readNumbers(vector, codes, what, column);
  const missing = codes.indexOf(-1);
  if (missing >= 0) throw missingLabel(what, column, missing);
  return { codes, values };
}

/** The key under which equal values of two columns meet. */
export function labelKey(value: LabelValue): number | string {
  return typeof value === 'boolean'
    ? Number(value)
    : typeof value === 'string'
      ? `s${value}`
      : value;
}

/** Ascending: numbers, then texts by their UTF-8 bytes. */
export function compareLabels(a: LabelValue, b: LabelValue): number {
  if (typeof a === 'string' && typeof b === 'string') return compareUtf8(a, b);
  if (typeof a === 'string') return 1;
  if (typeof b === 'string') return -1;
  return Number(a) - Number(b);
}

/** True for texts and dictionaries, whose values are known by their texts. */
export function isText(type: DataType): boolean {
  const isPlain = DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);
  return isPlain || DataType.isDictionary(type);
}

function readNumbers(
  vector: Vector,
  codes: Int32Array,
  what: string,
  column: string,
): LabelValue[] {
  const numbers = new Float64Array(vector.length);
  fillNumeric(vector, numbers, 0, column);
  const known = new Map<number, number>();
  for (let row = 0; row < numbers.length; row++) {
    const value = (numbers[row] as number) + 0;
    let code = known.get(value);
    if (code === undefined) {
      if (Number.isNaN(value)) throw missingLabel(what, column, row);
      if (known.size === maxClasses) throw tooManyClasses(what, column);
      code = known.size;
      known.set(value, code);
    }
    codes[row] = code;
  }
  const values = [...known.keys()];
  return DataType.isBool(vector.type) ? values.map((value) => value === 1) : values;
}

function missingLabel(what: string, column: string, row: number): CoppiceError {
  return new CoppiceError(
    'LABEL_INVALID',
    `${what} in column ${describeValue(column)} must be there in every row; got a null or NaN: ` +
      'drop such rows with na.drop (--drop-unlabelled on the command line)',
    { context: { column, row } },
  );
}

function tooManyClasses(what: string, column: string): CoppiceError {
  return new CoppiceError(
    'LABEL_INVALID',
    `${what} in column ${describeValue(column)} must have at most ${maxClasses} different values; ` +
      'got more: for numbers that are no classes use RegressionEvaluator',
    { context: { column } },
  );
}
