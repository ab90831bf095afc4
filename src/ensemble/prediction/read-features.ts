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

/** Rows that are converted at once. */
const windowRows = 32_768;

/** What is known of a model's features. */
export interface FeaturePlaces {
  readonly features: readonly TrainedFeature[];
  /** Where each lies: column, then child or element. */
  readonly paths: readonly (readonly string[])[];
}

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
  for (const feature of predictor.usedFeatures) {
    const vector = columnOf(batch, places.paths[feature] as readonly string[]);
    const { kind, name, zeroIsMissing } = places.features[feature] as TrainedFeature;
    if (kind === 'category') {
      const codes = new Int32Array(batch.numRows);
      const values = encodeCategories(vector, codes, 0);
      columns.set(feature, { kind, codes, binOf: binsOf(places, feature, values) });
    } else {
      const values = zeroIsMissing === true ? withoutZeros(vector, name) : numbersOf(vector, name);
      columns.set(feature, { kind, values });
    }
  }
  return columns;
}

/** The values, in place where they lie as numbers already. */
function numbersOf(vector: Vector, name: string): Float32Array | Float64Array {
  const [data] = vector.data;
  if (data !== undefined && vector.data.length === 1 && DataType.isFloat(data.type)) {
    const isWide = data.type.precision === Precision.DOUBLE;
    const isHalf = data.type.precision === Precision.HALF;
    if (!isHalf && vector.nullCount === 0) return data.values.subarray(0, data.length);
    if (!isWide) return filled(vector, new Float32Array(vector.length), name);
  }
  return filled(vector, new Float64Array(vector.length), name);
}

/** A copy in which zeros are missing. */
function withoutZeros(vector: Vector, name: string): Float64Array {
  const values = filled(vector, new Float64Array(vector.length), name);
  zerosAsMissing(values);
  return values;
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
