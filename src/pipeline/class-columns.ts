/**
 * What every classifier's columns have in common: the type of a prediction, which is the label's; the class that
 * wins, with thresholds or without; the column of the winners.
 */
import {
  Bool,
  type DataType,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  type Vector,
} from 'apache-arrow';
import { CoppiceError } from '../base/errors.ts';
import {
  boolColumn,
  fixedWidthColumn,
  float64Column,
  utf8ColumnOfCodes,
} from '../table/columns/make-column.ts';
import { columnArray } from '../table/columns/shared-buffer.ts';
import type { ClassValue } from '../training/messages.ts';

interface IntegerKind {
  readonly type: () => DataType;
  readonly make: (
    length: number,
  ) =>
    | Int8Array
    | Int16Array
    | Int32Array
    | BigInt64Array
    | Uint8Array
    | Uint16Array
    | Uint32Array
    | BigUint64Array
    | Float32Array;
}

const integerKinds: Readonly<Record<string, IntegerKind>> = {
  tinyint: { type: () => new Int8(), make: (n) => columnArray(Int8Array, n) },
  smallint: { type: () => new Int16(), make: (n) => columnArray(Int16Array, n) },
  int: { type: () => new Int32(), make: (n) => columnArray(Int32Array, n) },
  bigint: { type: () => new Int64(), make: (n) => columnArray(BigInt64Array, n) },
  utinyint: { type: () => new Uint8(), make: (n) => columnArray(Uint8Array, n) },
  usmallint: { type: () => new Uint16(), make: (n) => columnArray(Uint16Array, n) },
  uint: { type: () => new Uint32(), make: (n) => columnArray(Uint32Array, n) },
  ubigint: { type: () => new Uint64(), make: (n) => columnArray(BigUint64Array, n) },
  float: { type: () => new Float32(), make: (n) => columnArray(Float32Array, n) },
};

/** The Arrow type of a classifier's prediction. */
export function predictionType(labelType: string, classes: readonly ClassValue[]): DataType {
  if (classes.length === 0) return new Float64();
  if (typeof classes[0] === 'string') return new Utf8();
  if (typeof classes[0] === 'boolean') return new Bool();
  return integerKinds[labelType]?.type() ?? new Float64();
}

/** Classes of the label's type, for planning before any is known. */
export function plannedClasses(labelType: string, numClasses: number): ClassValue[] {
  const isText = labelType === 'string' || labelType.startsWith('dictionary');
  const stand = isText ? '' : labelType === 'boolean' ? false : 0;
  return Array.from({ length: numClasses }, () => stand);
}

/** The class of the largest p, or of the largest p / t; the first of equals. */
export function winners(
  probability: Float64Array,
  numClasses: number,
  thresholds: readonly number[] | null,
): Int32Array {
  const codes = new Int32Array(probability.length / Math.max(1, numClasses));
  for (let i = 0; i < codes.length; i++) {
    codes[i] = winnerAt(probability, i * numClasses, numClasses, thresholds);
  }
  return codes;
}

/** The same for one row, whose probabilities begin at a place. */
export function winnerAt(
  probability: Float64Array,
  first: number,
  numClasses: number,
  thresholds: readonly number[] | null,
): number {
  let best = -1;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < numClasses; k++) {
    const p = probability[first + k] as number;
    const value = thresholds === null ? p : scaled(p, thresholds[k] as number);
    if (value > bestValue) {
      best = k;
      bestValue = value;
    }
  }
  return best;
}

function scaled(p: number, threshold: number): number {
  if (threshold === 0) return p > 0 ? Number.POSITIVE_INFINITY : 0;
  return p / threshold;
}

/** The column of predicted classes, of the type of the label. */
export function classColumn(
  codes: Int32Array,
  classes: readonly ClassValue[],
  labelType: string,
): Vector {
  if (typeof classes[0] === 'string') return utf8ColumnOfCodes(codes, classes as readonly string[]);
  if (typeof classes[0] === 'boolean') {
    return boolColumn(Uint8Array.from(codes, (code) => (classes[code] === true ? 1 : 0)));
  }
  const kind = integerKinds[labelType];
  if (kind === undefined) {
    const values = columnArray(Float64Array, codes.length);
    for (let i = 0; i < codes.length; i++) values[i] = classes[codes[i] as number] as number;
    return float64Column(values);
  }
  const values = kind.make(codes.length);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const wide = classes.map((value) => BigInt(value));
    for (let i = 0; i < codes.length; i++) values[i] = wide[codes[i] as number] as bigint;
  } else {
    for (let i = 0; i < codes.length; i++) values[i] = classes[codes[i] as number] as number;
  }
  return fixedWidthColumn(kind.type(), values);
}

/** One threshold a class, none negative, at most one of them 0. */
export function checkThresholds(
  owner: string,
  thresholds: readonly number[] | undefined,
  classes: readonly ClassValue[],
): void {
  if (thresholds === undefined) return;
  const isSound = thresholds.every((t) => t >= 0) && thresholds.filter((t) => t === 0).length <= 1;
  if (isSound && thresholds.length === classes.length) return;
  throw new CoppiceError(
    'PARAM_INVALID',
    `thresholds of ${owner} must be ${classes.length} numbers ≥ 0, one a class, at most one of them 0; got [${thresholds.join(', ')}]`,
    { context: { owner, param: 'thresholds' } },
  );
}
