/**
 * How do a batch's feature columns reach a predictor? Float columns without nulls as they lie in the batch,
 * everything else converted, a window of rows at a time, so that a large partition costs no second copy.
 */

import { DataType, Precision, type RecordBatch, type Vector } from 'apache-arrow';
import { columnOf, encodeCategories, fillRounded } from '../../table/columns/column-values.ts';
import { zerosAsMissing } from '../../table/columns/zeros-as-missing.ts';
import { sliceRows } from '../../table/take-rows.ts';
import type { TrainedFeature } from '../../training/messages.ts';
import type { FeatureValues } from '../../tree/predictor.ts';
import type { FeaturePlaces } from './feature-places.ts';

/** Rows that are converted at once. */
const windowRows = 32_768;

/** A part of a batch's rows. */
export interface FeatureWindow {
  readonly firstRow: number;
  readonly numRows: number;
  readonly columns: Map<number, FeatureValues>;
}

/** The columns of the used features, window by window. */
export function* featureWindows(
  batch: RecordBatch,
  places: FeaturePlaces,
  usedFeatures: readonly number[],
): Generator<FeatureWindow, void, undefined> {
  const used = { usedFeatures };
  for (let firstRow = 0; firstRow < batch.numRows; firstRow += windowRows) {
    const end = Math.min(batch.numRows, firstRow + windowRows);
    let columns: Map<number, FeatureValues>;
    try {
      columns = featureValues(sliceRows(batch, firstRow, end), places, used);
    } catch (error) {
      // errors count rows from the window's first; read as a whole, the batch says which row it is
      featureValues(batch, places, used);
      throw error;
    }
    yield { firstRow, numRows: end - firstRow, columns };
  }
}

/** The columns that some split uses, as numbers or as codes. */
export function featureValues(
  batch: RecordBatch,
  places: FeaturePlaces,
  predictor: { readonly usedFeatures: readonly number[] },
): Map<number, FeatureValues> {
  const columns = new Map<number, FeatureValues>();
  const singles = new Set(places.singles);
  for (const feature of predictor.usedFeatures) {
    const vector = columnOf(batch, places.paths[feature] as readonly string[]);
    const { kind, name, zeroIsMissing } = places.features[feature] as TrainedFeature;
    if (kind === 'category') {
      const codes = new Int32Array(batch.numRows);
      const values = encodeCategories(vector, codes, 0);
      columns.set(feature, { kind, codes, binOf: binsOf(places, feature, values) });
    } else {
      const values =
        zeroIsMissing === true
          ? withoutZeros(vector, name, singles.has(feature))
          : numbersOf(vector, name, singles.has(feature));
      columns.set(feature, { kind, values });
    }
  }
  return columns;
}

/** The values, in place where they lie as numbers already. @param isSingle the fit's were float32 */
function numbersOf(vector: Vector, name: string, isSingle: boolean): Float32Array | Float64Array {
  const [data] = vector.data;
  if (data !== undefined && vector.data.length === 1 && DataType.isFloat(data.type)) {
    const isWide = data.type.precision === Precision.DOUBLE;
    const isHalf = data.type.precision === Precision.HALF;
    if (!isHalf && vector.nullCount === 0 && !(isWide && isSingle))
      return data.values.subarray(0, data.length);
    if (!isWide) return filled(vector, new Float32Array(vector.length), name);
  }
  return filled(vector, emptyValues(vector.length, isSingle), name);
}

/** A copy in which zeros are missing. */
function withoutZeros(
  vector: Vector,
  name: string,
  isSingle: boolean,
): Float32Array | Float64Array {
  const values = filled(vector, emptyValues(vector.length, isSingle), name);
  zerosAsMissing(values);
  return values;
}

/** Room for values; what is written to float32 is rounded by that. */
function emptyValues(length: number, isSingle: boolean): Float32Array | Float64Array {
  return isSingle ? new Float32Array(length) : new Float64Array(length);
}

function filled<A extends Float32Array | Float64Array>(vector: Vector, out: A, name: string): A {
  fillRounded(vector, out, 0, name);
  return out;
}

const positions = new WeakMap<readonly string[], Map<string, number>>();

function binsOf(places: FeaturePlaces, feature: number, values: readonly string[]): Int32Array {
  const categories = places.features[feature]?.categories ?? [];
  let position = positions.get(categories);
  if (position === undefined) {
    position = new Map(categories.map((value, i) => [value, i]));
    positions.set(categories, position);
  }
  return Int32Array.from(values, (value) => position.get(value) ?? -1);
}
