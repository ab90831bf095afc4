/**
 * Scoring of one row: what goes in and what comes out, and how the row's values are read into an array, by feature
 * name from an object, by position from an array. Categories become their positions in the model's list.
 */
import { CoppiceError } from '../base/errors.ts';
import type { ClassValue, TrainedFeature } from '../training/messages.ts';

/** A value of a row: a number, a boolean or a category; null, undefined and NaN are missing. */
export type ScorerValue = number | string | boolean | bigint | null | undefined;

/**
 * One row: values by feature name, or in the order of the model's features. A model with an offset column reads
 * it too, by name: a number, or one number a class.
 */
export type ScorerRow =
  | Readonly<Record<string, ScorerValue | readonly number[]>>
  | readonly ScorerValue[]
  | Float64Array
  | Float32Array;

/** What a scorer answers. */
export interface Score {
  /** The predicted class or number; quantiles ascending, where a model predicts several. */
  readonly prediction: ClassValue | Float64Array;
  /** Raw scores, one a class; empty for a regressor. */
  readonly rawPrediction: Float64Array;
  /** Probabilities, one a class; empty for a regressor. */
  readonly probability: Float64Array;
}

/** Scores one row. */
export type Scorer = (row: ScorerRow) => Score;

type NamedRow = Readonly<Record<string, ScorerValue>>;

/** The reader of a model's rows. */
export class RowReader {
  /** float64[numFeatures]: the row that was read last; NaN is missing, −1 a category that was never seen. */
  readonly values: Float64Array;
  readonly #names: readonly string[];
  /** Positions of categories, for each feature that has such. */
  readonly #positions: readonly (ReadonlyMap<string, number> | null)[];
  /** Features in which a 0 is missing; null for none. */
  readonly #zeroes: readonly boolean[] | null;

  constructor(features: readonly TrainedFeature[]) {
    this.values = new Float64Array(features.length);
    this.#names = features.map(({ name }) => name);
    const zeroes = features.map(({ zeroIsMissing }) => zeroIsMissing === true);
    this.#zeroes = zeroes.includes(true) ? zeroes : null;
    this.#positions = features.map(({ kind, categories }) =>
      kind === 'category' ? new Map(categories.map((value, i) => [value, i])) : null,
    );
  }

  /** How many categories each category feature has. */
  get numCategories(): Map<number, number> {
    const counts = new Map<number, number>();
    this.#positions.forEach((own, f) => {
      if (own !== null) counts.set(f, own.size);
    });
    return counts;
  }

  /** Reads a row into the values. @throws CoppiceError `DATA_INVALID` for an array of another length */
  read(row: ScorerRow): void {
    if (Array.isArray(row) || ArrayBuffer.isView(row)) this.#readArray(row);
    else this.#readObject(row as NamedRow);
    if (this.#zeroes === null) return;
    for (let f = 0; f < this.values.length; f++) {
      if (this.#zeroes[f] === true && this.values[f] === 0) this.values[f] = Number.NaN;
    }
  }

  #readArray(row: readonly ScorerValue[] | Float64Array | Float32Array): void {
    const { values } = this;
    if (row.length !== values.length) {
      const message = `length of a row given as an array must be ${values.length}, one value a feature; got ${row.length}`;
      throw new CoppiceError('DATA_INVALID', message);
    }
    for (let f = 0; f < values.length; f++) this.#set(f, row[f]);
  }

  #readObject(row: NamedRow): void {
    for (let f = 0; f < this.values.length; f++) this.#set(f, row[this.#names[f] as string]);
  }

  #set(feature: number, value: ScorerValue): void {
    const positions = this.#positions[feature] as ReadonlyMap<string, number> | null;
    if (typeof value === 'number' && positions === null) this.values[feature] = value;
    else if (value === null || value === undefined) this.values[feature] = Number.NaN;
    else if (positions === null) this.values[feature] = Number(value);
    else this.values[feature] = positions.get(String(value)) ?? -1;
  }
}
