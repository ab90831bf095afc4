/** How evaluation tasks read numbers, vectors and weights out of a batch, each with its check. */
import { DataType, type RecordBatch, type Vector } from 'apache-arrow';
import { describeValue } from '../base/describe-value.ts';
import { CoppiceError } from '../base/errors.ts';
import { isText } from '../pipeline/label-values.ts';
import { fillNumeric, fillRounded, numericKind } from '../table/columns/column-values.ts';

/** A column of a batch; the driver has checked that it is there. */
export function columnNamed(batch: RecordBatch, name: string): Vector {
  const vector = batch.getChild(name);
  if (vector !== null) return vector;
  throw new CoppiceError(
    'COLUMN_NOT_FOUND',
    `the table must have the column ${describeValue(name)}`,
    {
      context: { column: name },
    },
  );
}

/**
 * A numeric column without missing values; integers of any size, rounded to the nearest float64.
 *
 * @throws CoppiceError `COLUMN_TYPE`, or the given code for a null, NaN or, unless allowed, an infinity
 */
export function readFinite(
  batch: RecordBatch,
  name: string,
  code: 'LABEL_INVALID' | 'DATA_INVALID',
): Float64Array {
  const vector = columnNamed(batch, name);
  if (numericKind(vector.type) === null) throw notNumeric(name, vector.type);
  const values = new Float64Array(vector.length);
  fillRounded(vector, values, 0, name);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return values;
  throw new CoppiceError(
    code,
    `column ${describeValue(name)} must be a finite number in every row to be evaluated; ` +
      `got ${vector.isValid(bad) ? values[bad] : 'null'}: drop such rows with na.drop (a label's: --drop-unlabelled on the command line)`,
    { context: { column: name, row: bad } },
  );
}

/**
 * Weights, or null where the table has none.
 *
 * @throws CoppiceError `WEIGHT_INVALID`
 */
export function readWeights(batch: RecordBatch, name: string | null): Float64Array | null {
  if (name === null) return null;
  const vector = columnNamed(batch, name);
  if (numericKind(vector.type) === null) throw notNumeric(name, vector.type);
  const weights = new Float64Array(vector.length);
  fillNumeric(vector, weights, 0, name);
  const bad = weights.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (bad < 0) return weights;
  throw new CoppiceError(
    'WEIGHT_INVALID',
    `weight in column ${describeValue(name)} must be a finite number ≥ 0; got ${weights[bad]}`,
    { context: { column: name, row: bad } },
  );
}

/** Rows of numbers, one after another. */
export interface VectorValues {
  readonly values: Float64Array;
  /** Numbers in a row. */
  readonly width: number;
}

/**
 * A column of vectors of one length, or of numbers (width 1).
 *
 * @throws CoppiceError `COLUMN_TYPE`, `DATA_INVALID`
 */
export function readVectors(batch: RecordBatch, name: string): VectorValues {
  const vector = columnNamed(batch, name);
  if (isText(vector.type)) return parseVectors(vector, name);
  const isList = DataType.isFixedSizeList(vector.type) || DataType.isList(vector.type);
  const numbers = isList ? (vector.getChildAt(0) as Vector) : vector;
  if (numericKind(numbers.type) === null) throw notNumeric(name, vector.type);
  const width = vector.length === 0 ? 1 : numbers.length / vector.length;
  if (DataType.isList(vector.type)) checkLengths(vector, width, name);
  if (vector.nullCount > 0) throw missingScore(name);
  const values = new Float64Array(numbers.length);
  fillNumeric(numbers, values, 0, name);
  if (values.some(Number.isNaN)) throw missingScore(name);
  return { values, width };
}

/** Vectors as CSV holds them: JSON arrays of one length. */
function parseVectors(vector: Vector, name: string): VectorValues {
  let width = 1;
  let values = new Float64Array(0);
  for (let row = 0; row < vector.length; row++) {
    const parsed = parseNumbers(vector.get(row) as string | null);
    if (row === 0 && parsed !== null) {
      width = parsed.length;
      values = new Float64Array(width * vector.length);
    }
    if (parsed === null || parsed.length !== width) throw notNumeric(name, vector.type);
    values.set(parsed, row * width);
  }
  return { values, width };
}

function parseNumbers(text: string | null): number[] | null {
  try {
    const parsed: unknown = JSON.parse(text ?? '');
    const isNumbers = Array.isArray(parsed) && parsed.length > 0 && parsed.every(Number.isFinite);
    return isNumbers ? (parsed as number[]) : null;
  } catch {
    return null;
  }
}

/** One number of each row. */
export function elementOf(vectors: VectorValues, element: number): Float64Array {
  const { values, width } = vectors;
  const at = Math.min(element, width - 1);
  const out = new Float64Array(values.length / width);
  for (let row = 0; row < out.length; row++) out[row] = values[row * width + at] as number;
  return out;
}

function checkLengths(vector: Vector, width: number, name: string): void {
  for (const data of vector.data) {
    for (let row = 0; row < data.length; row++) {
      const length = Number(data.valueOffsets[row + 1]) - Number(data.valueOffsets[row]);
      if (length === width) continue;
      throw new CoppiceError(
        'DATA_INVALID',
        `vectors in column ${describeValue(name)} must have one length; got ${length} and others`,
        { context: { column: name } },
      );
    }
  }
}

function notNumeric(name: string, type: DataType): CoppiceError {
  return new CoppiceError(
    'COLUMN_TYPE',
    `column ${describeValue(name)} must be a number or a vector of numbers to be evaluated; got ${type}`,
    { context: { column: name } },
  );
}

function missingScore(name: string): CoppiceError {
  return new CoppiceError(
    'DATA_INVALID',
    `column ${describeValue(name)} must be there in every row to be evaluated; got a null or NaN`,
    { context: { column: name } },
  );
}
